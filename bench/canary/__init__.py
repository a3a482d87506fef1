"""The canary scan: does an identity or a piece of the key stand anywhere outside the restricted zone?

Belongs here: what is searched for (`needles`), opening every container (`containers`), walking a tree (`scan`), and the
runs, whole and broken off at each step, over which it is proven (`runs`). Nothing of the product imports it.
"""
