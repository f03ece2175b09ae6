package chart

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kruise-admission/kruise-admission/test/installation"
)

// TestDefaultsAreTheManifests: what nobody sets is the same in both ways of installing; the values of the plain manifests change nothing but
// what Helm cannot do or only Helm can.
func TestDefaultsAreTheManifests(t *testing.T) {
	want := map[string]any{}
	for _, path := range []string{"crds", "manifests", "webhooks.yaml"} {
		objects, err := installation.Read(filepath.Join(installation.Root(), "deploy", path))
		if err != nil {
			t.Fatal(err)
		}
		for _, object := range objects {
			if object.GetKind() == "Namespace" { // Helm needs it before the release
				continue
			}
			want[object.GetKind()+" "+object.GetName()] = withoutMarks(object)
		}
	}
	got := map[string]any{}
	for _, object := range renderAll(t) {
		if hook(object) != "test" && !silent(object) {
			got[object.GetKind()+" "+object.GetName()] = withoutMarks(object)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the chart and deploy/ are not the same installation (-deploy +chart):\n%s", diff)
	}
}

// withoutMarks returns the object without labels and annotations of its own, which Helm needs and plain manifests do not.
func withoutMarks(object *unstructured.Unstructured) any {
	object = object.DeepCopy()
	object.SetLabels(nil)
	object.SetAnnotations(nil)
	return object.Object
}

// TestR02PodsOfOwnNamespaceAndKubeSystemStayOut, however the release and its namespace are named.
func TestR02PodsOfOwnNamespaceAndKubeSystemStayOut(t *testing.T) {
	text, err := helm(t.Context(), t, "template", "other", chartDir(), "--namespace", "elsewhere")
	if err != nil {
		t.Fatal(err)
	}
	pods := entry(t, parse(t, text), "other-kruise-admission", "mpod.kb.io")
	for _, namespace := range []string{"kube-system", "elsewhere"} {
		if !slices.ContainsFunc(pods.NamespaceSelector.MatchExpressions, excludes(namespace)) {
			t.Errorf("pods of namespace %s are not kept out: %v", namespace, pods.NamespaceSelector)
		}
	}
	if pods.ClientConfig.Service.Namespace != "elsewhere" || pods.ClientConfig.Service.Name != "other-kruise-admission-webhook" {
		t.Errorf("got service %v, want the one of the release", pods.ClientConfig.Service)
	}
}

// TestR03ValuesOfEachConcernTakeEffect: failure policy, timeout, selectors and conditions, on the entries that they are for and no other.
func TestR03ValuesOfEachConcernTakeEffect(t *testing.T) {
	type wanted struct {
		policy     admissionregistrationv1.FailurePolicyType
		timeout    int32
		conditions int
	}
	for name, test := range map[string]struct {
		args []string
		want map[string]wanted
	}{
		"nothing set": {nil, map[string]wanted{
			"mpod.kb.io": {"Fail", 5, 0}, "mcloneset.kb.io": {"Fail", 10, 0}, "vnamespace.kb.io": {"Fail", 10, 0},
			"vdeleteprotectionlabel.kb.io": {"Ignore", 5, 1},
		}},
		"pods": {[]string{"--set", "webhooks.pods.failurePolicy=Ignore,webhooks.pods.timeoutSeconds=2"}, map[string]wanted{
			"mpod.kb.io": {"Ignore", 2, 0}, "mcloneset.kb.io": {"Fail", 10, 0}, "vnamespace.kb.io": {"Fail", 10, 0},
		}},
		"workloads": {[]string{"--set", "webhooks.workloads.failurePolicy=Ignore,webhooks.workloads.timeoutSeconds=7"}, map[string]wanted{
			"mpod.kb.io": {"Fail", 5, 0}, "mcloneset.kb.io": {"Ignore", 7, 0}, "vsidecarset.kb.io": {"Ignore", 7, 0}, "vnamespace.kb.io": {"Fail", 10, 0},
		}},
		"protection adds to the conditions of the table": {
			[]string{"--set", "webhooks.protection.failurePolicy=Fail,webhooks.protection.matchConditions[0].name=a,webhooks.protection.matchConditions[0].expression=1 == 1"},
			map[string]wanted{
				"mpod.kb.io": {"Fail", 5, 0}, "vclonesetdeletion.kb.io": {"Fail", 10, 2}, "vdeleteprotectionlabel.kb.io": {"Fail", 5, 2},
			},
		},
		"one entry wins over its concern": {
			[]string{"--set", `webhooks.protection.failurePolicy=Ignore,webhooks.entries.vnamespace\.kb\.io.failurePolicy=Fail,webhooks.entries.vnamespace\.kb\.io.timeoutSeconds=1`},
			map[string]wanted{"vservice.kb.io": {"Ignore", 10, 1}, "vnamespace.kb.io": {"Fail", 1, 0}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			objects := render(t, test.args...)
			for name, want := range test.want {
				webhook := entry(t, objects, release, name)
				got := wanted{*webhook.FailurePolicy, *webhook.TimeoutSeconds, len(webhook.MatchConditions)}
				if got != want {
					t.Errorf("%s: got %v, want %v", name, got, want)
				}
			}
		})
	}
}

// TestPodsAreStrictWhereOptedIn: two entries, which no namespace can match both.
func TestPodsAreStrictWhereOptedIn(t *testing.T) {
	const label = "example.com/sidecars-required"
	objects := render(t, "--set", "webhooks.pods.strictNamespaceLabel="+label)
	for name, want := range map[string]struct{ policy, operator string }{
		"mpod.kb.io": {"Fail", "Exists"}, "lenient.mpod.kb.io": {"Ignore", "DoesNotExist"},
	} {
		webhook := entry(t, objects, release, name)
		if got := string(*webhook.FailurePolicy); got != want.policy {
			t.Errorf("%s: got failurePolicy %s, want %s", name, got, want.policy)
		}
		var operators []string
		for _, expression := range webhook.NamespaceSelector.MatchExpressions {
			if expression.Key == label {
				operators = append(operators, string(expression.Operator))
			}
		}
		if !slices.Equal(operators, []string{want.operator}) {
			t.Errorf("%s: got operators %v on the label, want %s", name, operators, want.operator)
		}
		if !slices.ContainsFunc(webhook.NamespaceSelector.MatchExpressions, excludes("kube-system")) {
			t.Errorf("%s: kube-system is not kept out", name)
		}
	}
}

// TestR08UpgradesOnlySurge: an upgrade has never fewer replicas than before, and a pod may drain for as long as it is told to.
func TestR08UpgradesOnlySurge(t *testing.T) {
	deployment := deployment(t, render(t, "--set", "drainDelaySeconds=60"))
	if unavailable := deployment.Spec.Strategy.RollingUpdate.MaxUnavailable.IntValue(); unavailable != 0 {
		t.Errorf("got maxUnavailable %d, want 0", unavailable)
	}
	if grace := *deployment.Spec.Template.Spec.TerminationGracePeriodSeconds; grace <= 60 {
		t.Errorf("got a grace period of %d s for a drain of 60 s", grace)
	}
}

// TestR19NoRightToWriteWithForeignCertificates: a server that makes no certificates writes no Secret and no caBundle.
func TestR19NoRightToWriteWithForeignCertificates(t *testing.T) {
	objects := render(t, "--set", "certificates.mode=certManager")
	for _, kind := range []string{"ClusterRole", "Role"} {
		role := find(objects, kind, release)
		rules, _, _ := unstructured.NestedSlice(role.Object, "rules")
		if len(rules) == 0 {
			t.Fatalf("%s has no rules", kind)
		}
		for _, rule := range rules {
			text, err := json.Marshal(rule)
			if err != nil {
				t.Fatal(err)
			}
			writesBundles := strings.Contains(string(text), "configurations") || strings.Contains(string(text), "customresourcedefinitions")
			if strings.Contains(string(text), `"secrets"`) || writesBundles && strings.Contains(string(text), `"patch"`) {
				t.Errorf("%s: %s", kind, text)
			}
		}
	}
}

// TestNarrowingIsAFlagAndARight: the server is told to keep the match condition, and may write it although it writes no caBundle.
func TestNarrowingIsAFlagAndARight(t *testing.T) {
	for set, want := range map[string]bool{"webhooks.pods.narrow=false": false, "webhooks.pods.narrow=true": true} {
		objects := render(t, "--set", "certificates.mode=certManager,"+set)
		if got := slices.Contains(deployment(t, objects).Spec.Template.Spec.Containers[0].Args, "--narrow-pods=true"); got != want {
			t.Errorf("%s: the flag is there: %t", set, got)
		}
		rules, _, _ := unstructured.NestedSlice(find(objects, "ClusterRole", release).Object, "rules")
		for _, rule := range rules {
			text, err := json.Marshal(rule)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "mutatingwebhookconfigurations") && strings.Contains(string(text), `"patch"`) != want {
				t.Errorf("%s: %s", set, text)
			}
		}
	}
}

// TestBudgetOnlyWithTwoReplicas: with one it would block node drains.
func TestBudgetOnlyWithTwoReplicas(t *testing.T) {
	for name, test := range map[string]struct {
		set  string
		want bool
	}{
		"two":                    {"replicas=2", true},
		"one":                    {"replicas=1", false},
		"autoscaling from two":   {"replicas=1,autoscaling.enabled=true", true},
		"autoscaling from one":   {"replicas=2,autoscaling.enabled=true,autoscaling.minReplicas=1", false},
		"turned off by the user": {"podDisruptionBudget.enabled=false", false},
	} {
		t.Run(name, func(t *testing.T) {
			budget := find(render(t, "--set", test.set), "PodDisruptionBudget", release)
			if got := budget != nil; got != test.want {
				t.Fatalf("got a budget: %t, want %t", got, test.want)
			}
			if budget == nil {
				return
			}
			if policy, _, err := unstructured.NestedString(budget.Object, "spec", "unhealthyPodEvictionPolicy"); policy != "AlwaysAllow" {
				t.Errorf("replicas that are not ready hold up node drains: policy %q, %v", policy, err)
			}
		})
	}
}

// TestHostNetworkSetsPortAndDNSPolicyTogether: one without the other is a server that cannot reach the API server by name.
func TestHostNetworkSetsPortAndDNSPolicyTogether(t *testing.T) {
	pod := deployment(t, render(t, "--values", values(t)["host-network"])).Spec.Template.Spec
	if !pod.HostNetwork || pod.DNSPolicy != "ClusterFirstWithHostNet" {
		t.Errorf("got hostNetwork %t, dnsPolicy %s", pod.HostNetwork, pod.DNSPolicy)
	}
	if port := pod.Containers[0].Ports[0].ContainerPort; port != 19443 || !slices.Contains(pod.Containers[0].Args, "--listen-address=:19443") {
		t.Errorf("got port %d, args %v", port, pod.Containers[0].Args)
	}
}

// TestOwnCAIsPublished: what the user gives as CA is in every entry and in every CRD that converts through the server.
func TestOwnCAIsPublished(t *testing.T) {
	objects := renderAll(t, "--values", values(t)["own-certificate"])
	if got := string(entry(t, objects, release, "vnamespace.kb.io").ClientConfig.CABundle); !strings.HasPrefix(got, "-----BEGIN") {
		t.Errorf("got caBundle %q", got)
	}
	crd := find(objects, "CustomResourceDefinition", "sidecarsets.apps.kruise.io")
	got, _, err := unstructured.NestedString(crd.Object, "spec", "conversion", "webhook", "clientConfig", "caBundle")
	if err != nil || got == "" {
		t.Errorf("got caBundle %q of the CRD, error %v", got, err)
	}
}

func TestWrongValuesAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ set, want string }{
		"unknown value":                       {"replicaCount=3", "replicaCount"},
		"unknown failure policy":              {"webhooks.pods.failurePolicy=Maybe", "failurePolicy"},
		"timeout that the API server has not": {"webhooks.workloads.timeoutSeconds=31", "timeoutSeconds"},
		"unknown entry":                       {`webhooks.entries.vpods\.kb\.io.failurePolicy=Fail`, `no entry has the name "vpods.kb.io"`},
		"unknown entry to skip":               {"webhooks.skip={mpods.kb.io}", `no entry has the name "mpods.kb.io"`},
		"unknown certificate mode":            {"certificates.mode=vault", "mode"},
		"Secret without name":                 {"certificates.mode=secret", "certificates.secret.name: needed"},
		"port of the kubelet":                 {"hostNetwork=true,ports.webhook=10250", "ports.webhook: 10250 belongs to Kubernetes"},
		"two equal ports":                     {"ports.webhook=8080", "8080 is the port of ports.metrics, too"},
		"gate that is not a boolean":          {"featureGates.PodWebhook=maybe", "PodWebhook"},
		"unknown clash":                       {"clashes.container=merge", "container"},
		"word that YAML takes for a boolean":  {"recordRevisions=true", "recordRevisions"},
		"collector with a scheme":             {"tracing.endpoint=http://collector:4318", "endpoint"},
		"time without a unit":                 {"certificates.selfManaged.lifetime=1d", "lifetime"},
		"load below none":                     {"maxInFlight=-1", "maxInFlight"},
		"eviction without looking":            {"audit.evictMissed=5,audit.interval=0s", "audit.evictMissed: 5 cannot be used together with audit.interval 0s"},
		"address with a path":                 {"webhooks.url=https://a/b", "url"},
		"narrowing of entries with a URL":     {"webhooks.url=https://a,webhooks.pods.narrow=true", "webhooks.pods.narrow: the server keeps conditions of entries with a Service only"},
		"no replica for the webhooks":         {"replicas=0", "replicas: 0 would stop all that the webhooks match"},
		"autoscaler with an empty range":      {"autoscaling.enabled=true,autoscaling.minReplicas=6", "autoscaling.minReplicas: 6 is more than autoscaling.maxReplicas, 5"},
		"autoscaler that cannot measure":      {"autoscaling.enabled=true,resources.requests=null", "autoscaling.enabled: needs resources.requests.cpu"},
		"section taken away":                  {"webhooks.pods=null", "at '/webhooks': missing property 'pods'"},
		"port taken away":                     {"ports.health=null", "at '/ports': missing property 'health'"},
		"version of TLS that is broken":       {"tlsMinVersion=VersionTLS11", "tlsMinVersion"},
		"unknown gate":                        {"featureGates.Nope=true", "at '/featureGates': additional properties 'Nope' not allowed"},
		"mistyped selector":                   {"webhooks.pods.objectSelector.matchlabels.a=b", "additional properties 'matchlabels' not allowed"},
		"unknown operator":                    {"webhooks.workloads.namespaceSelector.matchExpressions[0].key=a,webhooks.workloads.namespaceSelector.matchExpressions[0].operator=Is", "operator"},
		"name that Kubernetes does not take":  {"fullnameOverride=Bad_Name", "fullnameOverride"},
		"Service name with a digit first":     {"fullnameOverride=1st", `service.name: a Service cannot be called "1st-webhook"`},
		"namespace that cannot be":            {"webhooks.pods.excludedNamespaces={Bad_}", "excludedNamespaces"},
		"host in capitals":                    {"webhooks.url=https://Hooks.example.com", "url"},
		"address without a host":              {"webhooks.url=https://:9443", "url"},
		"port that is no number":              {"webhooks.url=https://a:b", "url"},
		"domain that cannot be":               {"certificates.clusterDomain=a..b", "clusterDomain"},
		"issuer without a name":               {"certificates.mode=certManager,certificates.certManager.issuerRef.kind=ClusterIssuer", "certificates.certManager.issuerRef.name: needed"},
		"delete protection without its gate":  {"deleteProtection.configMap=c,featureGates.ResourcesDeletionProtection=false", "deleteProtection.configMap: \"c\" protects nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := helm(t.Context(), t, "template", release, chartDir(), "--namespace", namespace, "--set", test.set)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

// TestWhatMayBeTakenAway: null takes a default away, where the chart can do without.
func TestWhatMayBeTakenAway(t *testing.T) {
	for _, value := range []string{"resources", "topologySpreadConstraints", "priorityClassName", "nodeSelector", "tolerations", "affinity", "logLevel", "image.tag"} {
		deployment(t, render(t, "--set", value+"=null"))
	}
	if replicas := deployment(t, render(t, "--set", "replicas=0,webhooks.create=false")).Spec.Replicas; *replicas != 0 {
		t.Errorf("got %d replicas", *replicas)
	}
}

// TestToolsThatOnlyRenderGetNoHooks: they would take the empty configurations of the uninstallation for real ones.
func TestToolsThatOnlyRenderGetNoHooks(t *testing.T) {
	for _, object := range renderAll(t, "--set", "webhooks.registration=WithRelease") {
		if event := hook(object); event != "" && event != "test" {
			t.Errorf("%s %s is a hook of %s", object.GetKind(), object.GetName(), event)
		}
	}
}

// entry returns the entry of that name, of either configuration; a mutating one without what only mutating ones have.
func entry(t *testing.T, objects []*unstructured.Unstructured, configuration, name string) admissionregistrationv1.ValidatingWebhook {
	t.Helper()
	for _, kind := range []string{"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"} {
		object := find(objects, kind, configuration)
		if object == nil {
			t.Fatalf("no %s %s", kind, configuration)
		}
		var typed admissionregistrationv1.ValidatingWebhookConfiguration
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
			t.Fatal(err)
		}
		for _, webhook := range typed.Webhooks {
			if webhook.Name == name {
				return webhook
			}
		}
	}
	t.Fatalf("no entry %s", name)
	return admissionregistrationv1.ValidatingWebhook{}
}

func deployment(t *testing.T, objects []*unstructured.Unstructured) *appsv1.Deployment {
	t.Helper()
	typed := &appsv1.Deployment{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(find(objects, "Deployment", release).Object, typed); err != nil {
		t.Fatal(err)
	}
	return typed
}

// excludes tells whether an expression keeps a namespace out by the label that the API server itself maintains.
func excludes(namespace string) func(metav1.LabelSelectorRequirement) bool {
	return func(r metav1.LabelSelectorRequirement) bool {
		return r.Key == "kubernetes.io/metadata.name" && r.Operator == metav1.LabelSelectorOpNotIn && slices.Contains(r.Values, namespace)
	}
}
