"""One module or folder per controller, all of one shape: what it watches, reconcile(key), status. They meet only
through the API.
"""
