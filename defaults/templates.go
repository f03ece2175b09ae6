package defaults

// The pod template and the volume claim templates of workloads that store them with their defaults: CloneSet and Advanced
// StatefulSet (Annex §6 and §8 of the workload specification).

import (
	"context"

	corev1 "k8s.io/api/core/v1"
)

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
