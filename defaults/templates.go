package defaults

// The pod templates and the volume claim templates of kinds that store them with their defaults: CloneSet, Advanced StatefulSet,
// BroadcastJob and AdvancedCronJob (spec/validate-workload-common.md 6 and 8).

import (
	"context"

	admissionv1 "k8s.io/api/admission/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/kruise-admission/kruise-admission/decision"
)

// templated is a kind whose objects are stored with the defaults of their templates.
type templated struct {
	kind string
	// template reads the template of an object of the version, to see whether an update changes it, and refuses what is no object of the
	// kind.
	template func(version string, raw []byte) (any, error)
	// fill writes the defaults of the spec outside the templates.
	fill func(spec *object, version string)
	// within lists the objects that have a pod template, and perhaps claim templates, as members; nil for the spec itself.
	within func(spec *object) []*object
	// leave says that templates are stored as they are sent.
	leave     bool
	cluster   TemplateDefaulter
	hostPorts bool
}

// review defaults one object. The templates are defaulted when it is created and when an update changes them; one that
// stays is left alone, because new defaults in it would be a new revision and restart every pod. Operations other than UPDATE are
// taken for CREATE, as OpenKruise does.
func (k templated) review(ctx context.Context, request *admissionv1.AdmissionRequest) (decision.Decision, error) {
	version := request.Resource.Version
	template, err := k.template(version, request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	changed := true
	if request.Operation == admissionv1.Update {
		old, err := k.template(version, request.OldObject.Raw)
		if err != nil {
			return decision.Malformed("old object: " + err.Error()), nil
		}
		changed = !equality.Semantic.DeepEqual(old, template)
	}
	doc, err := openDocument(request.Object.Raw)
	if err != nil {
		return decision.Malformed(err.Error()), nil
	}
	spec := doc.object.object("spec")
	k.fill(spec, version)
	if changed && !k.leave {
		for _, holder := range k.holders(spec) {
			if err := templates(ctx, holder, k.cluster, k.hostPorts); err != nil {
				return decision.Decision{}, err
			}
		}
	}
	return doc.decision(k.kind, request.Name)
}

func (k templated) holders(spec *object) []*object {
	if k.within == nil {
		return []*object{spec}
	}
	return k.within(spec)
}

// templates fills in the templates of a workload's spec: OpenKruise's defaults, then what the cluster adds. hostPorts is the
// gate DefaultHostNetworkHostPortsInPodTemplates.
func templates(ctx context.Context, spec *object, cluster TemplateDefaulter, hostPorts bool) error {
	podTemplate(spec.object("template"), hostPorts)
	if err := clusterDefaults(ctx, cluster, spec); err != nil {
		return err
	}
	claimTemplates(spec)
	return nil
}

// claimTemplates fills in the volume claim templates. Their volumeMode is left alone, as OpenKruise does.
func claimTemplates(spec *object) {
	for _, claim := range spec.objects("volumeClaimTemplates") {
		claim.object("status").fill("phase", string(corev1.ClaimPending))
		quantities(claim.object("status").object("capacity"))
		resources := claim.object("spec").object("resources")
		quantities(resources.object("limits"))
		quantities(resources.object("requests"))
	}
}
