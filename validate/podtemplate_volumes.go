package validate

// Which volumes are valid. Their sources are checked as far as mistakes are common; the rare ones are left to the API
// server.

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumeFacts is what a mount or device needs to know of a volume.
type volumeFacts struct {
	// block says that the volume can be a block device: it is a claim.
	block bool
}

// collectVolumes checks the volumes of a pod and remembers the valid ones, and the claim templates, for the mounts.
func (c *podChecker) collectVolumes(volumes []corev1.Volume, path *field.Path) {
	c.volumes = make(map[string]volumeFacts, len(volumes)+len(c.claims))
	for i := range volumes {
		volume, at := &volumes[i], path.Index(i)
		before := len(c.errs)
		c.volumeSource(volume, at)
		if volume.Name == "" {
			c.required(at.Child("name"), "every volume needs a name")
		} else {
			c.invalid(at.Child("name"), volume.Name, validation.IsDNS1123Label(volume.Name)...)
		}
		if _, taken := c.volumes[volume.Name]; taken {
			c.add(field.Duplicate(at.Child("name"), volume.Name))
		}
		if len(c.errs) == before {
			c.volumes[volume.Name] = volumeFacts{block: volume.PersistentVolumeClaim != nil || volume.Ephemeral != nil}
		}
	}
	for _, claim := range c.claims {
		c.volumes[claim] = volumeFacts{block: true}
	}
}

// volumeSource checks that a volume has one source and that it is complete.
func (c *podChecker) volumeSource(volume *corev1.Volume, path *field.Path) {
	sources := setSources(volume)
	switch {
	case len(sources) == 0:
		// The API server makes it an emptyDir, or knows a source that this build does not.
		if c.sidecar {
			c.required(path, "a volume source, such as emptyDir: {}")
		}
		return
	case len(sources) > 1:
		for _, second := range sources[1:] {
			c.add(field.Forbidden(path.Child(second), "a volume has one source only, and "+sources[0]+" is set: remove one of the two"))
		}
		return
	}
	at := path.Child(sources[0])
	switch {
	case volume.HostPath != nil:
		c.hostPath(volume.HostPath, at)
	case volume.Secret != nil:
		if volume.Secret.SecretName == "" {
			c.required(at.Child("secretName"), "the name of the Secret")
		}
		c.fileMode(volume.Secret.DefaultMode, at.Child("defaultMode"))
		c.keysToPaths(volume.Secret.Items, at.Child("items"))
	case volume.ConfigMap != nil:
		if volume.ConfigMap.Name == "" {
			c.required(at.Child("name"), "the name of the ConfigMap")
		}
		c.fileMode(volume.ConfigMap.DefaultMode, at.Child("defaultMode"))
		c.keysToPaths(volume.ConfigMap.Items, at.Child("items"))
	case volume.DownwardAPI != nil:
		c.fileMode(volume.DownwardAPI.DefaultMode, at.Child("defaultMode"))
		c.downwardFiles(volume.DownwardAPI.Items, at.Child("items"))
	case volume.Projected != nil:
		c.projected(volume.Projected, at)
	case volume.PersistentVolumeClaim != nil:
		if volume.PersistentVolumeClaim.ClaimName == "" {
			c.required(at.Child("claimName"), "the name of the PersistentVolumeClaim")
		}
	case volume.NFS != nil:
		c.nfs(volume.NFS, at)
	case volume.CSI != nil:
		if volume.CSI.Driver == "" {
			c.required(at.Child("driver"), "the name of the CSI driver")
		}
	case volume.EmptyDir != nil:
		if limit := volume.EmptyDir.SizeLimit; limit != nil && limit.Sign() < 0 {
			c.invalid(at.Child("sizeLimit"), limit.String(), "must be 0 or more")
		}
	case volume.Image != nil:
		if c.sidecar && volume.Image.PullPolicy == "" {
			c.required(at.Child("pullPolicy"), "one of Always, IfNotPresent, Never")
		}
	}
}

func (c *podChecker) hostPath(source *corev1.HostPathVolumeSource, path *field.Path) {
	if source.Path == "" {
		c.required(path.Child("path"), "the path on the node")
		return
	}
	if hasBackstep(source.Path) {
		c.invalid(path.Child("path"), source.Path, "must not contain '..'")
	}
	if source.Type == nil {
		return
	}
	switch *source.Type {
	case corev1.HostPathUnset, corev1.HostPathDirectoryOrCreate, corev1.HostPathDirectory, corev1.HostPathFileOrCreate,
		corev1.HostPathFile, corev1.HostPathSocket, corev1.HostPathCharDev, corev1.HostPathBlockDev:
	default:
		c.add(field.NotSupported(path.Child("type"), *source.Type, []corev1.HostPathType{
			corev1.HostPathUnset, corev1.HostPathDirectoryOrCreate, corev1.HostPathDirectory, corev1.HostPathFileOrCreate,
			corev1.HostPathFile, corev1.HostPathSocket, corev1.HostPathCharDev, corev1.HostPathBlockDev}))
	}
}

func (c *podChecker) nfs(source *corev1.NFSVolumeSource, path *field.Path) {
	if source.Server == "" {
		c.required(path.Child("server"), "the NFS server")
	}
	switch {
	case source.Path == "":
		c.required(path.Child("path"), "the exported path")
	case !strings.HasPrefix(source.Path, "/"):
		c.invalid(path.Child("path"), source.Path, "must be an absolute path")
	}
}

// projected checks the parts of a projected volume, each of which has one source.
func (c *podChecker) projected(source *corev1.ProjectedVolumeSource, path *field.Path) {
	c.fileMode(source.DefaultMode, path.Child("defaultMode"))
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
