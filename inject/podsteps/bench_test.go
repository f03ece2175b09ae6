package podsteps

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kruise-admission/kruise-admission/decision"
)

// benchmarkPod is about 3 KB, as an API server sends it.
func benchmarkPod(app, owner string) []byte {
	env := strings.Repeat(`{"name":"VARIABLE","value":"some value of a usual length"},`, 12)
	return fmt.Appendf(nil, `{"kind":"Pod","apiVersion":"v1","metadata":{"generateName":"web-7d9c5b8f6d-","namespace":"shop","creationTimestamp":null,
		"labels":{"app":%q,"team":"shop","pod-template-hash":"7d9c5b8f6d","tier":"web"},"annotations":{"a":"b"},
		"ownerReferences":[{"apiVersion":%q,"kind":"ReplicaSet","name":"web-7d9c5b8f6d","uid":"0c4b1d3e-0000-4000-8000-00000000cccc","controller":true,"blockOwnerDeletion":true}],
		"managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{}}}}]},
		"spec":{"volumes":[{"name":"data","emptyDir":{}},{"name":"kube-api-access-x","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}}],"defaultMode":420}}],
		"containers":[{"name":"web","image":"web:7","env":[%s{"name":"LAST","value":"1"}],"resources":{"limits":{"cpu":"1"}},"volumeMounts":[{"name":"data","mountPath":"/data"},{"name":"kube-api-access-x","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],
			"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],
		"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"default","securityContext":{},"schedulerName":"default-scheduler",
		"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},"status":{}}`, app, owner, env)
}

// benchmarkObjects are one SidecarSet, and a budget in each of many namespaces, one of which is that of the pod if so wanted.
func benchmarkObjects(namespace string) []byte {
	var b strings.Builder
	b.WriteString(`{apiVersion: apps.kruise.io/v1beta1, kind: SidecarSet, metadata: {name: agent}, spec: {selector: {matchLabels: {app: web}},
  containers: [{name: agent, image: "agent:1", shareVolumePolicy: {type: enabled}}]}}`)
	for i := range 100 {
		name := fmt.Sprintf("ns-%d", i)
		if i == 0 {
			name = namespace
		}
		fmt.Fprintf(&b, "\n---\n{apiVersion: policy.kruise.io/v1beta1, kind: PodUnavailableBudget, metadata: {name: budget, namespace: %s}, spec: {selector: {matchLabels: {team: shop}}}}", name)
	}
	return []byte(b.String())
}

// BenchmarkReview compares the engine alone with all steps around it, for pods that concern none of these, and for some that do.
func BenchmarkReview(b *testing.B) {
	for _, test := range []struct {
		name, app, owner, budgets string
		patched                   bool
	}{
		{name: "unmatched", app: "none", owner: "apps/v1", budgets: "ns-0"},
		{name: "sidecar", app: "web", owner: "apps/v1", budgets: "ns-0", patched: true},
		{name: "readiness-gate", app: "none", owner: "apps.kruise.io/v1beta1", budgets: "ns-0", patched: true},
		{name: "readiness-gate-and-sidecar", app: "web", owner: "apps.kruise.io/v1beta1", budgets: "ns-0", patched: true},
		{name: "budget", app: "none", owner: "apps/v1", budgets: "shop", patched: true},
		{name: "budget-and-sidecar", app: "web", owner: "apps/v1", budgets: "shop", patched: true},
	} {
		pipeline := newPipeline(b, newView(b, benchmarkObjects(test.budgets)), Options{PodUnavailableBudgets: true})
		request := createPod(benchmarkPod(test.app, test.owner))
		for _, rule := range []struct {
			name     string
			reviewer decision.Reviewer
			patched  bool
		}{{"engine", pipeline.options.Sidecars, test.app == "web"}, {"pipeline", pipeline, test.patched}} {
			b.Run(test.name+"/"+rule.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					result, err := rule.reviewer.Review(b.Context(), request)
					if err != nil || (len(result.Patch) > 0) != rule.patched {
						b.Fatalf("%v %+v", err, result)
					}
				}
			})
		}
	}
}
