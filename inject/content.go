package inject

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

// content is what one revision of a SidecarSet puts into a pod, compiled.
type content struct {
	initContainers []*sidecar
	containers     []*sidecar
	secrets        []secret
	patches        []metadataPatch
	hash           string // for the pod's records
	withoutImage   string
	revision       string // ControllerRevision; empty while the controller has not recorded one
	err            error  // a refusal for every pod that would get this content
}

// specLists are the lists of a SidecarSet's spec as stored.
type specLists struct {
	InitContainers   []json.RawMessage `json:"initContainers"`
	Containers       []json.RawMessage `json:"containers"`
	Volumes          []json.RawMessage `json:"volumes"`
	ImagePullSecrets []json.RawMessage `json:"imagePullSecrets"`
}

// compileContent compiles spec, whose lists are stored as in stored. owner is the SidecarSet. Of what annotations hold, hashes count;
// one that is missing is computed (quirk 31).
func compileContent(owner string, spec *v1beta1.SidecarSetSpec, stored specLists, annotations map[string]string, revision string) *content {
	c := &content{
		patches:      compileMetadataPatches(spec.PatchPodMetadata),
		hash:         annotations[sidecarset.HashAnnotation],
		withoutImage: annotations[sidecarset.HashWithoutImageAnnotation],
		revision:     revision,
	}
	volumes, err := compileVolumes(spec.Volumes, stored.Volumes)
	if err == nil {
		c.secrets, err = compileSecrets(spec.ImagePullSecrets, stored.ImagePullSecrets)
	}
	if err == nil && (c.hash == "" || c.withoutImage == "") {
		err = c.computeHash(spec)
	}
	if err != nil {
		c.err = misconfigured(owner, "spec", "%v", err)
		return c
	}
	c.initContainers = c.compileSidecars(owner, "spec.initContainers", spec.InitContainers, stored.InitContainers, true, volumes)
	c.containers = c.compileSidecars(owner, "spec.containers", spec.Containers, stored.Containers, false, volumes)
	if c.err == nil {
		c.pack()
	}
	return c
}

func (c *content) computeHash(spec *v1beta1.SidecarSetSpec) error {
	hash, withoutImage, err := sidecarset.Hash(spec.Containers, spec.InitContainers)
	if c.hash == "" {
		c.hash = hash
	}
	if c.withoutImage == "" {
		c.withoutImage = withoutImage
	}
	return err
}

func (c *content) compileSidecars(owner, field string, typed []v1beta1.SidecarContainer, stored []json.RawMessage, init bool, volumes map[string]volume) []*sidecar {
	sidecars := make([]*sidecar, 0, len(typed))
	for i := range typed {
		path := fmt.Sprintf("%s[%d]", field, i)
		var raw json.RawMessage
		if i < len(stored) {
			raw = stored[i]
		}
		s, err := compileSidecar(&typed[i], raw, path, init, volumes)
		if err == nil {
			err = s.checkPaths()
		}
		if err != nil && c.err == nil {
			c.err = misconfigured(owner, path, "%v", err)
		}
		sidecars = append(sidecars, s)
	}
	return sidecars
}

// list names the sidecars in a record, sorted, without those for which left returns true.
func (c *content) list(left func(*sidecar) bool) []string {
	names := []string{}
	for _, s := range slices.Concat(c.initContainers, c.containers) {
		if s.listed && !left(s) {
			names = append(names, s.name)
		}
	}
	slices.Sort(names)
	return names
}
