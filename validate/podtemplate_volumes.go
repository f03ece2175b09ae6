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
		c.csi(volume.CSI, at)
	case volume.Ephemeral != nil:
		c.ephemeral(volume.Ephemeral, at)
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

func (c *podChecker) csi(source *corev1.CSIVolumeSource, path *field.Path) {
	if source.Driver == "" {
		c.required(path.Child("driver"), "the name of the CSI driver")
		return
	}
	c.invalid(path.Child("driver"), source.Driver, validation.IsDNS1123Subdomain(strings.ToLower(source.Driver))...)
	if len(source.Driver) > validation.DNS1123LabelMaxLength {
		c.invalid(path.Child("driver"), source.Driver, validation.MaxLenError(validation.DNS1123LabelMaxLength))
	}
}

func (c *podChecker) ephemeral(source *corev1.EphemeralVolumeSource, path *field.Path) {
	path = path.Child("volumeClaimTemplate")
	if source.VolumeClaimTemplate == nil {
		c.required(path, "the claim to create for each pod")
		return
	}
	spec := &source.VolumeClaimTemplate.Spec
	if len(spec.AccessModes) == 0 {
		c.required(path.Child("spec", "accessModes"), "such as ReadWriteOnce")
	}
	if _, asks := spec.Resources.Requests[corev1.ResourceStorage]; !asks {
		c.required(path.Child("spec", "resources", "requests").Key(string(corev1.ResourceStorage)), "how much to claim, such as 1Gi")
	}
}
