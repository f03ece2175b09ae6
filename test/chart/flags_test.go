package chart

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kruise-admission/kruise-admission/test/installation"
	"github.com/kruise-admission/kruise-admission/webhook"
)

// flagValues are values of the chart, each other than the default, by the flag of the server that they set.
var flagValues = map[string]struct{ set, want string }{
	"audit-interval":        {"audit.interval=1m", "1m"},
	"ca-lifetime":           {"certificates.selfManaged.authorityLifetime=2160h", "2160h"},
	"ca-settle":             {"certificates.selfManaged.authoritySettle=5m", "5m"},
	"certificate-lifetime":  {"certificates.selfManaged.lifetime=24h", "24h"},
	"certificate-names":     {"certificates.selfManaged.names={a.example,10.0.0.1}", "a.example,10.0.0.1"},
	"cluster-domain":        {"certificates.clusterDomain=example.org", "example.org"},
	"config":                {"deleteProtection.configMap=settings", "/etc/kruise-admission/config.yaml"},
	"container-clash":       {"clashes.container=keep", "keep"},
	"drain-delay":           {"drainDelaySeconds=20", "20s"},
	"evict-missed":          {"audit.evictMissed=600", "600"},
	"feature-gates":         {"featureGates.CloneSetShortHash=true", "CloneSetShortHash=true,ResourcesDeletionProtection=true"},
	"health-address":        {"ports.health=18081", ":18081"},
	"listen-address":        {"ports.webhook=19443", ":19443"},
	"log-format":            {"logFormat=text", "text"},
	"log-level":             {"logLevel=debug", "debug"},
	"long-names":            {"longNames=warn", "warn"},
	"max-in-flight":         {"maxInFlight=1000000", "1000000"},
	"metrics-address":       {"ports.metrics=18080", ":18080"},
	"mount-path-clash":      {"clashes.mountPath=refuse", "refuse"},
	"narrow-pods":           {"webhooks.pods.narrow=true", "true"},
	"record-revisions":      {"recordRevisions=off", "off"},
	"service-name":          {"service.name=hooks", "hooks"},
	"tls-cert-file":         {"certificates.secret.name=c", "/var/run/kruise-admission/certificate/tls.crt"},
	"tls-min-version":       {"tlsMinVersion=VersionTLS12", "VersionTLS12"},
	"tls-key-file":          {"certificates.secret.name=c", "/var/run/kruise-admission/certificate/tls.key"},
	"tracing-endpoint":      {"tracing.endpoint=collector:4318", "collector:4318"},
	"volume-clash":          {"clashes.volume=replace", "replace"},
	"webhook-configuration": {"fullnameOverride=" + release, release},
}

// withoutValue are the flags that no value of the chart sets, and why.
var withoutValue = map[string]string{
	"help":          "is no setting",
	"kubeconfig":    "a pod has its ServiceAccount",
	"manifests":     "a pod decides by its cluster",
	"namespace":     "POD_NAMESPACE says it",
	"pprof-address": "profiles show memory: who wants them for a while has extraArgs",
}

// TestEveryFlagHasItsValue: whatever `serve` can be told can be told by a value of the chart.
func TestEveryFlagHasItsValue(t *testing.T) {
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	help, err := exec.CommandContext(t.Context(), binary, "serve", "--help").Output()
	if err != nil {
		t.Fatal(err)
	}
	modes := map[bool][]string{} // of the arguments, by whether certificates come from a Secret
	for fromSecret, mode := range map[bool]string{false: "selfManaged", true: "secret"} {
		args := []string{"--set", "certificates.mode=" + mode}
		for _, value := range flagValues {
			args = append(args, "--set", value.set)
		}
		modes[fromSecret] = deployment(t, render(t, args...)).Spec.Template.Spec.Containers[0].Args
	}
	flags := regexp.MustCompile(`(?m)^ +(?:-[a-z], |    )--([a-z-]+)`).FindAllStringSubmatch(string(help), -1)
	if len(flags) < 20 {
		t.Fatalf("only %d flags are found in:\n%s", len(flags), help)
	}
	for _, flag := range flags {
		name := flag[1]
		value, has := flagValues[name]
		switch _, excused := withoutValue[name]; {
		case excused:
		case !has:
			t.Errorf("no value of the chart sets --%s", name)
		default:
			argument := "--" + name + "=" + value.want
			if args := modes[strings.HasPrefix(name, "tls-")]; !slices.Contains(args, argument) {
				t.Errorf("with %s there is no %s in %q", value.set, argument, args)
			}
		}
	}
}

// TestSchemaKnowsTheGates: it has exactly those that the server does not refuse to start with.
func TestSchemaKnowsTheGates(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(chartDir(), "values.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			FeatureGates struct {
				Properties           map[string]struct{ Type string }
				AdditionalProperties *bool
			}
		}
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	gates := schema.Properties.FeatureGates
	if more := gates.AdditionalProperties; more == nil || *more {
		t.Error("the schema takes gates that nobody knows")
	}
	want := append([]string{"AllAlpha", "AllBeta"}, webhook.GateNames()...)
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(gates.Properties))); diff != "" {
		t.Errorf("gates of the schema (-server +schema):\n%s", diff)
	}
}

// TestServerTakesTheArguments: the server gets as far as its cluster with what each values file of ci/ makes of its command line.
func TestServerTakesTheArguments(t *testing.T) {
	binary, err := installation.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	settings := t.TempDir()
	config, err := os.ReadFile(filepath.Join(installation.Root(), "deploy", "policies", "recommended", "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(settings, "config.yaml"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, file := range values(t) {
		t.Run(name, func(t *testing.T) {
			args := podsOf(t, render(t, "--values", file))["server"].Spec.Containers[0].Args
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "/etc/kruise-admission", settings)
			}
			args = append(args, "--listen-address=127.0.0.1:0", "--health-address=", "--metrics-address=", "--pprof-address=", "--kubeconfig=no-such-file")
			printed, err := exec.CommandContext(t.Context(), binary, args...).CombinedOutput()
			if err == nil || !strings.Contains(string(printed), "no-such-file") {
				t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, printed)
			}
		})
	}
}

// TestEvictionIsAFlagAndARight: nobody may evict unless he asks for it.
func TestEvictionIsAFlagAndARight(t *testing.T) {
	for set, want := range map[string]bool{"audit.evictMissed=0": false, "audit.evictMissed=5": true} {
		objects := render(t, "--set", set)
		if got := slices.Contains(deployment(t, objects).Spec.Template.Spec.Containers[0].Args, "--evict-missed=5"); got != want {
			t.Errorf("%s: the flag is there: %t", set, got)
		}
		granted := 0
		for _, object := range objects {
			text, err := json.Marshal(object)
			if err != nil {
				t.Fatal(err)
			}
			if object.GetKind() == "ClusterRole" && strings.Contains(string(text), "pods/eviction") {
				granted++
			}
			if object.GetKind() == "ClusterRoleBinding" && strings.Contains(string(text), release+"-evict-missed") {
				granted++
			}
		}
		if got := granted == 2; got != want {
			t.Errorf("%s: the right is given: %t", set, got)
		}
	}
}

// TestCopyingSecretsIsAGateAndARight: ResourceDistributions copy Secrets, which a server with certificates from outside may else not create.
func TestCopyingSecretsIsAGateAndARight(t *testing.T) {
	for set, want := range map[string]int{"replicas=2": 0, "featureGates.ResourceDistributionGate=true": 1, "featureGates.AllBeta=true": 1} {
		rules, _, err := unstructured.NestedSlice(find(render(t, "--set", "certificates.mode=certManager,"+set), "Role", release).Object, "rules")
		if err != nil {
			t.Fatal(err)
		}
		about := 0
		for _, rule := range rules {
			if slices.Contains(rule.(map[string]any)["resources"].([]any), any("secrets")) {
				about++
				if diff := cmp.Diff([]any{"create"}, rule.(map[string]any)["verbs"]); diff != "" {
					t.Errorf("%s (-want +got):\n%s", set, diff)
				}
			}
		}
		if about != want {
			t.Errorf("%s: %d rules about Secrets, want %d", set, about, want)
		}
	}
}
