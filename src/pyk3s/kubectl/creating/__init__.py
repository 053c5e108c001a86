"""Objects out of flags, for `kubectl create TYPE NAME ...`: each generator is a function of its flags and words."""
