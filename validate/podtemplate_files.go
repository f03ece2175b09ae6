package validate

// Which files a volume may hold: projected volumes, and the items of secrets, ConfigMaps and the downward API.

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// projected checks the parts of a projected volume, each of which has one source.
func (c *podChecker) projected(source *corev1.ProjectedVolumeSource, path *field.Path) {
	c.fileMode(source.DefaultMode, path.Child("defaultMode"))
	c.projectedOnce(source, path)
	for i, part := range source.Sources {
		at := path.Child("sources").Index(i)
		count := 0
		if secret := part.Secret; secret != nil {
			count++
			if secret.Name == "" {
				c.required(at.Child("secret", "name"), "the name of the Secret")
			}
			c.keysToPaths(secret.Items, at.Child("secret", "items"))
		}
		if configMap := part.ConfigMap; configMap != nil {
			count++
			if configMap.Name == "" {
				c.required(at.Child("configMap", "name"), "the name of the ConfigMap")
			}
			c.keysToPaths(configMap.Items, at.Child("configMap", "items"))
		}
		if downward := part.DownwardAPI; downward != nil {
			count++
			c.downwardFiles(downward.Items, at.Child("downwardAPI", "items"))
		}
		if token := part.ServiceAccountToken; token != nil {
			count++
			c.token(token, at.Child("serviceAccountToken"))
		}
		if part.ClusterTrustBundle != nil {
			count++
		}
		if part.PodCertificate != nil {
			count++
		}
		if count > 1 {
			c.add(field.Forbidden(at, "an entry has one source only: use one entry for each"))
		}
	}
}

// Limits of the life of a service account token, in seconds.
const (
	shortestToken = 10 * 60
	longestToken  = 1 << 32
)

func (c *podChecker) token(token *corev1.ServiceAccountTokenProjection, path *field.Path) {
	if token.Path == "" {
		c.required(path.Child("path"), "the file that holds the token")
	} else if c.sidecar {
		c.relativePath(token.Path, path.Child("path"))
	}
	seconds := token.ExpirationSeconds
	if seconds == nil {
		return // 3600 by default
	}
	if *seconds < shortestToken || *seconds > longestToken {
		c.invalid(path.Child("expirationSeconds"), *seconds, "must be between 600 (10 minutes) and 2^32")
	}
}

// projectedOnce refuses the same file from two sources. Files without a list of items are named by the source's keys,
// which nobody knows here.
func (c *podChecker) projectedOnce(source *corev1.ProjectedVolumeSource, path *field.Path) {
	seen := map[string]bool{}
	once := func(file string) {
		if file != "" && seen[file] {
			c.invalid(path, file, "two sources write this file: change one of the paths")
		}
		seen[file] = true
	}
	for _, part := range source.Sources {
		if part.Secret != nil {
			for _, item := range part.Secret.Items {
				once(item.Path)
			}
		}
		if part.ConfigMap != nil {
			for _, item := range part.ConfigMap.Items {
				once(item.Path)
			}
		}
		if part.DownwardAPI != nil {
			for _, item := range part.DownwardAPI.Items {
				once(item.Path)
			}
		}
	}
}

func (c *podChecker) keysToPaths(items []corev1.KeyToPath, path *field.Path) {
	for i, item := range items {
		at := path.Index(i)
		if item.Key == "" {
			c.required(at.Child("key"), "the key to project")
		}
		if item.Path == "" {
			c.required(at.Child("path"), "the file that holds the key")
		}
		c.filePath(item.Path, at.Child("path"))
		c.fileMode(item.Mode, at.Child("mode"))
	}
}

func (c *podChecker) downwardFiles(items []corev1.DownwardAPIVolumeFile, path *field.Path) {
	for i, item := range items {
		at := path.Index(i)
		if item.Path == "" {
			c.required(at.Child("path"), "the file to write")
		}
		c.filePath(item.Path, at.Child("path"))
		c.fileMode(item.Mode, at.Child("mode"))
		switch {
		case item.FieldRef != nil && item.ResourceFieldRef != nil:
			c.invalid(at, "resource", "fieldRef and resourceFieldRef must not both be set")
		case item.FieldRef != nil:
			c.fieldRef(item.FieldRef, volumeFieldPaths, at.Child("fieldRef"))
		case item.ResourceFieldRef != nil:
			if item.ResourceFieldRef.ContainerName == "" {
				c.required(at.Child("resourceFieldRef", "containerName"), "the container whose resource is meant")
			}
			c.resourceFieldRef(item.ResourceFieldRef, at.Child("resourceFieldRef"))
		default:
			c.required(at, "one of fieldRef and resourceFieldRef")
		}
	}
}

// filePath checks the name of a file inside a volume. Names that begin with ".." are used by the kubelet itself.
func (c *podChecker) filePath(value string, path *field.Path) {
	c.relativePath(value, path)
	if strings.HasPrefix(value, "..") && !hasBackstep(value) {
		c.invalid(path, value, "must not begin with '..'")
	}
}

func (c *podChecker) fileMode(mode *int32, path *field.Path) {
	if mode != nil && (*mode < 0 || *mode > 0o777) {
		c.invalid(path, *mode, "must be between 0 and 0777 (octal), which is 0 to 511 in decimal")
	}
}
