package validate

// Which environment variables and sources of them are valid.

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func (c *podChecker) env(env []corev1.EnvVar, path *field.Path) {
	for i := range env {
		variable, at := &env[i], path.Index(i)
		if variable.Name == "" {
			c.required(at.Child("name"), "every environment variable needs a name")
		} else {
			c.envName(variable.Name, at.Child("name"))
		}
		if variable.ValueFrom != nil {
			c.envSource(variable.ValueFrom, variable.Value != "", at.Child("valueFrom"))
		}
	}
}

// envName checks the name of a variable. Kubernetes accepts almost any printable character since 1.32; older versions
// do not, and neither do shells.
func (c *podChecker) envName(name string, path *field.Path) {
	if c.sidecar {
		c.invalid(path, name, validation.IsEnvVarName(name)...)
		return
	}
	c.invalid(path, name, validation.IsRelaxedEnvVarName(name)...)
}

// envSource checks where the value of a variable comes from; hasValue says that it also has a literal one.
func (c *podChecker) envSource(source *corev1.EnvVarSource, hasValue bool, path *field.Path) {
	sources := 0
	if source.FieldRef != nil {
		sources++
		c.fieldRef(source.FieldRef, envFieldPaths, path.Child("fieldRef"))
	}
	if source.ResourceFieldRef != nil {
		sources++
		c.resourceFieldRef(source.ResourceFieldRef, path.Child("resourceFieldRef"))
	}
	if source.ConfigMapKeyRef != nil {
		sources++
		c.keyRef(source.ConfigMapKeyRef.Name, source.ConfigMapKeyRef.Key, path.Child("configMapKeyRef"))
	}
	if source.SecretKeyRef != nil {
		sources++
		c.keyRef(source.SecretKeyRef.Name, source.SecretKeyRef.Key, path.Child("secretKeyRef"))
	}
	if source.FileKeyRef != nil {
		sources++
	}
	switch {
	case sources == 0:
		// With nothing set, it may be a source that this build does not know yet. Only in a SidecarSet is it refused for sure.
		if c.sidecar {
			c.invalid(path, "", "one of fieldRef, resourceFieldRef, configMapKeyRef and secretKeyRef must be set")
		}
	case hasValue:
		c.invalid(path, "", "must not be set beside value: remove one of the two")
	case sources > 1:
		c.invalid(path, "", "must have one source only")
	}
}

// keyRef checks the reference to one key of a ConfigMap or Secret.
func (c *podChecker) keyRef(name, key string, path *field.Path) {
	c.invalid(path.Child("name"), name, validation.IsDNS1123Subdomain(name)...)
	if key == "" {
		c.required(path.Child("key"), "the key to read")
	} else {
		c.invalid(path.Child("key"), key, validation.IsConfigMapKey(key)...)
	}
}

func (c *podChecker) envFrom(sources []corev1.EnvFromSource, path *field.Path) {
	for i, source := range sources {
		at := path.Index(i)
		if source.Prefix != "" {
			c.envName(source.Prefix, at.Child("prefix"))
		}
		if ref := source.ConfigMapRef; ref != nil {
			c.sourceName(ref.Name, at.Child("configMapRef", "name"))
		}
		if ref := source.SecretRef; ref != nil {
			c.sourceName(ref.Name, at.Child("secretRef", "name"))
		}
		switch {
		case source.ConfigMapRef == nil && source.SecretRef == nil:
			c.invalid(at, "", "one of configMapRef and secretRef must be set")
		case source.ConfigMapRef != nil && source.SecretRef != nil:
			c.invalid(at, "", "only one of configMapRef and secretRef may be set: use two entries")
		}
	}
}

// sourceName checks the name of a ConfigMap or Secret. The API server tolerates a trailing '-' here.
func (c *podChecker) sourceName(name string, path *field.Path) {
	if name == "" {
		c.required(path, "the name of the object whose keys become variables")
		return
	}
	c.invalid(path, name, apivalidation.NameIsDNSSubdomain(name, true)...)
}

// envFieldPaths are the fields of a pod that an environment variable can hold, beside its labels and annotations.
var envFieldPaths = []string{
	"metadata.name", "metadata.namespace", "metadata.uid", "spec.host", "spec.nodeName", "spec.serviceAccountName",
	"status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
}

// volumeFieldPaths are the fields of a pod that a file of a downward API volume can hold, beside single labels and
// annotations.
var volumeFieldPaths = []string{
	"metadata.name", "metadata.namespace", "metadata.labels", "metadata.annotations", "metadata.uid",
}

// fieldRef checks a reference to a field of the pod.
func (c *podChecker) fieldRef(ref *corev1.ObjectFieldSelector, allowed []string, path *field.Path) {
	if ref.APIVersion == "" && c.sidecar {
		c.required(path.Child("apiVersion"), "v1")
		return
	}
	if ref.APIVersion != "" && ref.APIVersion != "v1" {
		c.invalid(path.Child("apiVersion"), ref.APIVersion, "must be v1")
		return
	}
	if ref.FieldPath == "" {
		c.required(path.Child("fieldPath"), "the field of the pod, such as metadata.name")
		return
	}
	if member, key, ok := subscript(ref.FieldPath); ok {
		c.addAll(metadataKey(member, key, path.Child("fieldPath")))
		return
	}
	if !slices.Contains(allowed, ref.FieldPath) {
		c.add(field.NotSupported(path.Child("fieldPath"), ref.FieldPath,
			append(slices.Clone(allowed), "metadata.labels['KEY']", "metadata.annotations['KEY']")))
	}
}

// subscript splits metadata.labels['KEY'] into metadata.labels and KEY.
func subscript(fieldPath string) (member, key string, ok bool) {
	rest, ok := strings.CutSuffix(fieldPath, "']")
	if !ok {
		return "", "", false
	}
	member, key, ok = strings.Cut(rest, "['")
	return member, key, ok && member != ""
}

// metadataKey checks a subscript: only labels and annotations have one, and it must be a key of them. Annotation keys
// are compared without regard to case, as annotations themselves are.
func metadataKey(member, key string, path *field.Path) field.ErrorList {
	switch member {
	case "metadata.annotations":
		key = strings.ToLower(key)
	case "metadata.labels":
	default:
		return field.ErrorList{field.Invalid(path, fmt.Sprintf("%s['%s']", member, key),
			"only metadata.labels and metadata.annotations can be subscripted")}
	}
	var errs field.ErrorList
	for _, message := range validation.IsQualifiedName(key) {
		errs = append(errs, field.Invalid(path, key, message))
	}
	return errs
}

// containerResourceFields are the resources of a container that it can be told about.
var containerResourceFields = []string{
	"limits.cpu", "limits.memory", "limits.ephemeral-storage", "requests.cpu", "requests.memory", "requests.ephemeral-storage",
}

// resourceFieldRef checks a reference to a resource of a container.
func (c *podChecker) resourceFieldRef(ref *corev1.ResourceFieldSelector, path *field.Path) {
	switch {
	case ref.Resource == "":
		c.required(path.Child("resource"), "such as limits.memory")
	case slices.Contains(containerResourceFields, ref.Resource),
		strings.HasPrefix(ref.Resource, "limits.hugepages-"), strings.HasPrefix(ref.Resource, "requests.hugepages-"):
	default:
		c.add(field.NotSupported(path.Child("resource"), ref.Resource, containerResourceFields))
	}
}
