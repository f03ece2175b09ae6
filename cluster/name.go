package cluster

import "k8s.io/apimachinery/pkg/api/validate/content"

// IsName reports whether an object can have the name. Names come from requests and become parts of URLs; clients refuse those that cannot, with an
// error that would read as "cannot tell".
func IsName(name string) bool { return name != "" && len(content.IsPathSegmentName(name)) == 0 }
