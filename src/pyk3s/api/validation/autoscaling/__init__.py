"""Rules of the autoscaling group, and of the Scale that all scalable kinds share."""
