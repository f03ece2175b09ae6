package validate

// The built-in check of a pod template: what a pod made of it would be refused for, as far as that can be told without asking an
// API server. spec/validate-workload-common.md 9.2 groups the rules by value; group A is complete here, group B where a mistake
// is common, group C is left to the API server.

import (
	"fmt"
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// templateRules says how a pod template is checked. The zero value is for the template of a workload: the short list,
// which never refuses what an API server of Kubernetes 1.36 accepts, and does not ask for values that it would fill in.
type templateRules struct {
	// claims are the names of the workload's volume claim templates: each is a volume of the pod.
	claims []string
	// sidecar is for the containers of a SidecarSet. They go into pods of other people on any version of Kubernetes, and
	// nobody else checks them, so the rules are those of OpenKruise (Kubernetes 1.32 without its later relaxations), and
	// defaulting must have happened. Only a startupProbe may lack its defaults, because OpenKruise's defaulting forgets it
	// and writing them would change the SidecarSet's hash.
	sidecar bool
}

// PodTemplate checks the pod template of a workload without asking an API server. claims are the names of the workload's
// volume claim templates, path is that of the template. The list is short: an API server may refuse more, but it refuses
// everything that is found here, whatever it would default first (test/conformance holds that for Kubernetes 1.36).
func PodTemplate(template *corev1.PodTemplateSpec, claims []string, path *field.Path) field.ErrorList {
	return templateRules{claims: claims}.template(template, path)
}

// template checks the pod template of a workload; path is that of the template.
func (rules templateRules) template(template *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	c := &podChecker{templateRules: rules, errs: templateMetadata(template, path)}
	c.pod(&template.Spec, path.Child("spec"))
	return c.errs
}

// templateMetadata checks the labels and annotations of a pod template; path is that of the template.
func templateMetadata(template *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	metadata := path.Child("metadata")
	return append(metav1validation.ValidateLabels(template.Labels, metadata.Child("labels")),
		apivalidation.ValidateAnnotations(template.Annotations, metadata.Child("annotations"))...)
}

// sidecars checks the containers and volumes of a SidecarSet; path is that of its spec. A pod must have a regular
// container, so having only init containers is not an error here: the application brings its own.
func sidecars(initContainers, containers []corev1.Container, volumes []corev1.Volume, path *field.Path) field.ErrorList {
	c := &podChecker{templateRules: templateRules{sidecar: true}, gracePeriod: corev1.DefaultTerminationGracePeriodSeconds}
	c.collectVolumes(volumes, path.Child("volumes"))
	c.containers(containers, path.Child("containers"))
	c.initContainers(initContainers, containers, path.Child("initContainers"))
	return c.errs
}

// podChecker gathers the faults of one pod.
type podChecker struct {
	templateRules
	errs field.ErrorList
	// volumes of the pod that are valid themselves, with what a mount or device needs to know of them.
	volumes map[string]volumeFacts
	// gracePeriod is the pod's terminationGracePeriodSeconds.
	gracePeriod int64
}

func (c *podChecker) add(err *field.Error)                     { c.errs = append(c.errs, err) }
func (c *podChecker) addAll(errs field.ErrorList)              { c.errs = append(c.errs, errs...) }
func (c *podChecker) required(path *field.Path, detail string) { c.add(field.Required(path, detail)) }

func (c *podChecker) invalid(path *field.Path, value any, messages ...string) {
	for _, message := range messages {
		c.add(field.Invalid(path, value, message))
	}
}

// oneOf refuses a value outside allowed. An empty value is an error only where defaulting should have filled it in.
func oneOf[T ~string](c *podChecker, path *field.Path, value T, allowed ...T) {
	if value == "" {
		if c.sidecar {
			c.add(field.Required(path, "one of "+quoted(allowed)))
		}
		return
	}
	if !slices.Contains(allowed, value) {
		c.add(field.NotSupported(path, value, allowed))
	}
}

// pod checks a whole pod spec.
func (c *podChecker) pod(spec *corev1.PodSpec, path *field.Path) {
	c.gracePeriod = corev1.DefaultTerminationGracePeriodSeconds
	if spec.TerminationGracePeriodSeconds != nil {
		c.gracePeriod = *spec.TerminationGracePeriodSeconds
	}
	c.collectVolumes(spec.Volumes, path.Child("volumes"))
	if len(spec.Containers) == 0 {
		c.required(path.Child("containers"), "a pod needs at least one container")
	}
	c.containers(spec.Containers, path.Child("containers"))
	c.initContainers(spec.InitContainers, spec.Containers, path.Child("initContainers"))
	if len(spec.EphemeralContainers) > 0 {
		c.add(field.Forbidden(path.Child("ephemeralContainers"),
			"ephemeral containers cannot be part of a template; add them to a running pod with kubectl debug"))
	}
	if spec.HostNetwork {
		c.hostNetworkPorts(spec.Containers, path.Child("containers"))
	}

	oneOf(c, path.Child("restartPolicy"), spec.RestartPolicy,
		corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
	c.dns(spec, path)
	if seconds := spec.ActiveDeadlineSeconds; seconds != nil && (*seconds < 1 || *seconds > math.MaxInt32) {
		c.invalid(path.Child("activeDeadlineSeconds"), *seconds, validation.InclusiveRangeError(1, math.MaxInt32))
	}
	c.names(spec, path)
	c.scheduling(spec, path)
}

// dns checks the DNS policy and the servers that policy None needs.
func (c *podChecker) dns(spec *corev1.PodSpec, path *field.Path) {
	oneOf(c, path.Child("dnsPolicy"), spec.DNSPolicy,
		corev1.DNSClusterFirst, corev1.DNSClusterFirstWithHostNet, corev1.DNSDefault, corev1.DNSNone)
	config := path.Child("dnsConfig")
	if spec.DNSPolicy == corev1.DNSNone {
		if spec.DNSConfig == nil {
			c.required(config, "dnsPolicy None needs dnsConfig with at least one nameserver")
			return
		}
		if len(spec.DNSConfig.Nameservers) == 0 {
			c.required(config.Child("nameservers"), "dnsPolicy None needs at least one nameserver")
		}
	}
	if spec.DNSConfig != nil && len(spec.DNSConfig.Nameservers) > maxNameservers {
		c.invalid(config.Child("nameservers"), len(spec.DNSConfig.Nameservers), fmt.Sprintf("at most %d nameservers", maxNameservers))
	}
}

// maxNameservers is what the C library's resolver reads.
const maxNameservers = 3

// names checks the pod's references to other objects and its own host name.
func (c *podChecker) names(spec *corev1.PodSpec, path *field.Path) {
	if spec.Hostname != "" {
		c.invalid(path.Child("hostname"), spec.Hostname, validation.IsDNS1123Label(spec.Hostname)...)
	}
	if spec.Subdomain != "" {
		c.invalid(path.Child("subdomain"), spec.Subdomain, validation.IsDNS1123Label(spec.Subdomain)...)
	}
	references := []struct{ member, name string }{
		{"serviceAccountName", spec.ServiceAccountName},
		{"nodeName", spec.NodeName},
		{"priorityClassName", spec.PriorityClassName},
	}
	for _, reference := range references {
		if reference.name != "" {
			c.invalid(path.Child(reference.member), reference.name, validation.IsDNS1123Subdomain(reference.name)...)
		}
	}
	if name := spec.RuntimeClassName; name != nil {
		c.invalid(path.Child("runtimeClassName"), *name, validation.IsDNS1123Subdomain(*name)...)
	}
	for i, alias := range spec.HostAliases {
		aliasPath := path.Child("hostAliases").Index(i)
		c.addAll(validation.IsValidIPForLegacyField(aliasPath.Child("ip"), alias.IP, false, nil))
		for j, name := range alias.Hostnames {
			c.invalid(aliasPath.Child("hostnames").Index(j), name, validation.IsDNS1123Subdomain(name)...)
		}
	}
}
