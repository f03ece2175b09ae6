package validate

// Rules c3 7 to 9: a pinned revision must exist and fit, because pods are refused when it does not.

import (
	"errors"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/json"

	"github.com/kruise-admission/kruise-admission/api/apps/v1beta1"
	"github.com/kruise-admission/kruise-admission/api/sidecarset"
)

func (c *sidecarSetCheck) revision() {
	pinned := c.set.Spec.InjectionStrategy.Revision
	if pinned == nil {
		return
	}
	path := specPath.Child("injectionStrategy", "revision")
	switch {
	case pinned.RevisionName != nil: // 8; the name wins over the version
		c.usable(*pinned.RevisionName, path.Child("revisionName"))
	case pinned.CustomVersion != nil: // 8
		c.usableVersion(*pinned.CustomVersion, path.Child("customVersion"))
	default: // 7
		c.invalid(path, "{}", "revisionName or customVersion must say which revision to inject; remove revision to inject the latest")
	}
	switch pinned.Policy { // 9
	case "", v1beta1.AlwaysSidecarSetInjectRevisionPolicy, v1beta1.PartialSidecarSetInjectRevisionPolicy:
	default:
		c.invalid(path.Child("policy"), pinned.Policy, "must be Always or Partial")
	}
}

// usable checks a revision given by name. It must be one of this SidecarSet: injection refuses another one's, which
// OpenKruise would inject under a wrong name or misread (quirk 7).
func (c *sidecarSetCheck) usable(name string, path *field.Path) {
	revision, found := c.rules.Cluster.ControllerRevision(name)
	if !found {
		c.invalid(path, name, "there is no ControllerRevision of that name in the server's namespace: pin an existing one, such as status.latestRevision")
		return
	}
	if owner := revision.Labels[sidecarset.NameLabel]; owner != c.set.Name {
		c.invalid(path, name, "this ControllerRevision belongs to SidecarSet %q (label %s): pin one of %q", owner, sidecarset.NameLabel, c.set.Name)
		return
	}
	if err := restorable(revision); err != nil {
		c.invalid(path, name, "the ControllerRevision cannot be restored: %v", err)
	}
}

// usableVersion checks a revision given by version: the newest with that label is taken.
func (c *sidecarSetCheck) usableVersion(version string, path *field.Path) {
	var newest *appsv1.ControllerRevision
	for _, revision := range c.rules.Cluster.ControllerRevisions(c.set.Name) {
		if label, labelled := revision.Labels[sidecarset.CustomVersionLabel]; !labelled || label != version {
			continue
		}
		if newest == nil || revision.Revision > newest.Revision {
			newest = revision
		}
	}
	if newest == nil {
		c.invalid(path, version, "no ControllerRevision of this SidecarSet has that version: pin an existing one")
		return
	}
	if err := restorable(newest); err != nil {
		c.invalid(path, version, "ControllerRevision %q cannot be restored: %v", newest.Name, err)
	}
}

// restorable says whether the data of a revision fits into a SidecarSet.
func restorable(revision *appsv1.ControllerRevision) error {
	var data struct {
		Spec *v1beta1.SidecarSetSpec `json:"spec"`
	}
	if err := json.UnmarshalCaseSensitivePreserveInts(revision.Data.Raw, &data); err != nil {
		return err
	}
	if data.Spec == nil {
		return errors.New("its data has no spec")
	}
	return nil
}
