package inject

import (
	"fmt"
	"strings"
	"testing"
)

// benchmarkSizes are numbers of SidecarSets. One of them matches the pod.
var benchmarkSizes = []int{1, 10, 1000, 10000}

// manySets makes count SidecarSets as users have them: one for every application, all with a common label, some bound to a
// namespace.
func manySets(b *testing.B, count int) *memoryView {
	b.Helper()
	view := newMemoryView()
	view.namespaces["shop"] = map[string]string{"kubernetes.io/metadata.name": "shop"}
	for i := range count {
		namespace := ""
		if i%4 == 1 {
			namespace = fmt.Sprintf(`"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"ns-%d"}},`, i%100)
		}
		err := view.add(fmt.Appendf(nil, `{"apiVersion":"apps.kruise.io/v1beta1","kind":"SidecarSet",
			"metadata":{"name":"set-%d","annotations":{"kruise.io/sidecarset-hash":"h","kruise.io/sidecarset-hash-without-image":"w"}},
			"spec":{%s"selector":{"matchLabels":{"team":"shop","app":"app-%d"}},
			"containers":[{"name":"agent","image":"agent:1","imagePullPolicy":"IfNotPresent","podInjectPolicy":"BeforeAppContainer","shareVolumePolicy":{"type":"enabled"},
				"env":[{"name":"A","value":"1"}],"volumeMounts":[{"name":"spool","mountPath":"/spool"}],"resources":{"limits":{"cpu":"100m","memory":"64Mi"}},
				"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","upgradeStrategy":{"upgradeType":"ColdUpgrade"}}],
			"volumes":[{"name":"spool","emptyDir":{}}]},"status":{"latestRevision":"set-%d-1"}}`, i, namespace, i, i))
		if err != nil {
			b.Fatal(err)
		}
	}
	return view
}

// benchmarkPod is about 3 KB, as an API server sends it.
func benchmarkPod(app string) []byte {
	env := strings.Repeat(`{"name":"VARIABLE","value":"some value of a usual length"},`, 12)
	return fmt.Appendf(nil, `{"kind":"Pod","apiVersion":"v1","metadata":{"generateName":"web-7d9c5b8f6d-","namespace":"shop","creationTimestamp":null,
		"labels":{"app":%q,"team":"shop","pod-template-hash":"7d9c5b8f6d","tier":"web"},"annotations":{"a":"b"},
		"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9c5b8f6d","uid":"0c4b1d3e-0000-4000-8000-00000000cccc","controller":true,"blockOwnerDeletion":true}],
		"managedFields":[{"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:containers":{}}}}]},
		"spec":{"volumes":[{"name":"data","emptyDir":{}},{"name":"kube-api-access-x","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}}],"defaultMode":420}}],
		"containers":[{"name":"web","image":"web:7","env":[%s{"name":"LAST","value":"1"}],"resources":{"limits":{"cpu":"1"}},"volumeMounts":[{"name":"data","mountPath":"/data"},{"name":"kube-api-access-x","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],
			"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],
		"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"default","securityContext":{},"schedulerName":"default-scheduler",
		"tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"},"status":{}}`, app, env)
}

func benchmarkReview(b *testing.B, app string, patched bool) {
	for _, count := range benchmarkSizes {
		b.Run(fmt.Sprintf("sets=%d", count), func(b *testing.B) {
			view := manySets(b, count)
			engine := newEngine(b, view, Options{})
			// What is measured is the engine, not what this view keeps for the garbage collector to visit.
			clear(view.sets)
			clear(view.stored)
			request := createPod("shop", benchmarkPod(app))
			b.ReportAllocs()
			for b.Loop() {
				result, err := engine.Review(b.Context(), request)
				if err != nil || (len(result.Patch) > 0) != patched {
					b.Fatalf("%v %+v", err, result)
				}
			}
		})
	}
}

// BenchmarkMatched injects one SidecarSet of many.
func BenchmarkMatched(b *testing.B) { benchmarkReview(b, "app-0", true) }

// BenchmarkUnmatched lets a pod through that no SidecarSet selects.
func BenchmarkUnmatched(b *testing.B) { benchmarkReview(b, "none", false) }

// BenchmarkChanged compiles one SidecarSet anew.
func BenchmarkChanged(b *testing.B) {
	for _, count := range benchmarkSizes {
		b.Run(fmt.Sprintf("sets=%d", count), func(b *testing.B) {
			engine := newEngine(b, manySets(b, count), Options{})
			b.ReportAllocs()
			for b.Loop() {
				engine.Changed([]string{"set-0"})
			}
		})
	}
}

// BenchmarkCompile compiles all SidecarSets, as at the start.
func BenchmarkCompile(b *testing.B) {
	for _, count := range benchmarkSizes {
		b.Run(fmt.Sprintf("sets=%d", count), func(b *testing.B) {
			view := manySets(b, count)
			names := view.names()
			b.ReportAllocs()
			for b.Loop() {
				engine, err := New(Options{View: view, Clock: fixedClock})
				if err != nil {
					b.Fatal(err)
				}
				engine.Changed(names)
			}
		})
	}
}
