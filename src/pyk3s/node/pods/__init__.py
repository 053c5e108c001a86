"""Running pods: what the runtime has (`observed`), what to do about it (`planning`), what to tell the API (`status`),
and one worker per pod that does it.
"""
