"""REST client, informer, work queue and reconciler: the only way in which controllers, scheduler and node parts
speak to the API.
"""
