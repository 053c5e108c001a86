"""PodSecurity: the Pod Security Standards, enforced and warned about as the labels of a namespace say."""
