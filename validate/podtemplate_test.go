package validate

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

func TestPodTemplate(t *testing.T) {
	for _, test := range templateCases {
		t.Run(test.rule+" "+test.name, func(t *testing.T) {
			var template corev1.PodTemplateSpec
			if test.metadata != "" {
				readYAML(t, test.metadata, &template.ObjectMeta)
			}
			readYAML(t, test.spec, &template.Spec)
			errs := templateRules{claims: test.claims}.template(&template, field.NewPath("spec", "template"))
			if diff := cmp.Diff(sorted(test.want), typesAndFields(errs)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryTemplateRuleIsTested(t *testing.T) {
	passing, failing := map[string]bool{}, map[string]bool{}
	for _, test := range templateCases {
		if !slices.Contains(templateRuleNames, test.rule) {
			t.Errorf("case %q tests a rule %q that is not listed", test.name, test.rule)
		}
		if len(test.want) == 0 {
			passing[test.rule] = true
		} else {
			failing[test.rule] = true
		}
	}
	for _, rule := range templateRuleNames {
		if !passing[rule] || !failing[rule] {
			t.Errorf("rule %s: has a case that passes: %t, one that fails: %t", rule, passing[rule], failing[rule])
		}
	}
}

// TestSidecarsAreCheckedMoreStrictly lists what a workload's template may have and a sidecar may not.
func TestSidecarsAreCheckedMoreStrictly(t *testing.T) {
	const complete = "imagePullPolicy: Always, terminationMessagePolicy: File, "
	for _, test := range []struct {
		name, container, volume string
		init                    bool
		want                    []string
	}{
		{name: "complete", container: complete},
		{name: "defaults are missing", container: "", want: []string{"Required spec.containers[0].imagePullPolicy", "Required spec.containers[0].terminationMessagePolicy"}},
		{name: "port without protocol", container: complete + "ports: [{containerPort: 1}]", want: []string{"Required spec.containers[0].ports[0].protocol"}},
		{name: "relaxed env name", container: complete + "env: [{name: 1ABC}]", want: []string{"Invalid spec.containers[0].env[0].name"}},
		{name: "source without any", container: complete + "env: [{name: A, valueFrom: {}}]", want: []string{"Invalid spec.containers[0].env[0].valueFrom"}},
		{name: "field without version", container: complete + "env: [{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]", want: []string{"Required spec.containers[0].env[0].valueFrom.fieldRef.apiVersion"}},
		{name: "restart policy", container: complete + "restartPolicy: Always", want: []string{"Forbidden spec.containers[0].restartPolicy"}},
		{name: "init restart policy", init: true, container: complete + "restartPolicy: Never", want: []string{"NotSupported spec.initContainers[0].restartPolicy"}},
		{name: "init resize policy", init: true, container: complete + "resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]", want: []string{"Invalid spec.initContainers[0].resizePolicy"}},
		{name: "liveness probe without defaults", container: complete + "livenessProbe: {httpGet: {port: 1}}", want: []string{
			"Invalid spec.containers[0].livenessProbe.successThreshold", "NotSupported spec.containers[0].livenessProbe.httpGet.scheme", "Required spec.containers[0].livenessProbe.httpGet.path"}},
		{name: "startup probe without defaults", container: complete + "startupProbe: {httpGet: {port: 1}}"},
		{name: "sleep of nothing", container: complete + "lifecycle: {preStop: {sleep: {seconds: 0}}}", want: []string{"Invalid spec.containers[0].lifecycle.preStop.sleep"}},
		{name: "sleep beyond the grace period of most pods", container: complete + "lifecycle: {preStop: {sleep: {seconds: 31}}}", want: []string{"Invalid spec.containers[0].lifecycle.preStop.sleep"}},
		{name: "volume without source", container: complete, volume: "{name: x}", want: []string{"Required spec.volumes[0]"}},
		{name: "image volume without pull policy", container: complete, volume: "{name: x, image: {reference: r}}", want: []string{"Required spec.volumes[0].image.pullPolicy"}},
		{name: "token outside its volume", container: complete, volume: "{name: x, projected: {sources: [{serviceAccountToken: {path: /t}}]}}", want: []string{"Invalid spec.volumes[0].projected.sources[0].serviceAccountToken.path"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var spec corev1.PodSpec
			readYAML(t, "containers: [{name: a, image: i, "+test.container+"}]\nvolumes: ["+test.volume+"]", &spec)
			if test.init {
				spec.InitContainers, spec.Containers = spec.Containers, nil
			}
			errs := sidecars(spec.InitContainers, spec.Containers, spec.Volumes, field.NewPath("spec"))
			if diff := cmp.Diff(sorted(test.want), typesAndFields(errs)); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnknownVolumeHints checks what somebody is told whose mount names a volume that does not exist.
func TestUnknownVolumeHints(t *testing.T) {
	for _, test := range []struct {
		name    string
		claims  []string
		volumes string
		want    string
	}{
		{"one claim template", []string{"rbd"}, "", `Not found: "data-vol": the only volume claim template is "rbd": use that name or rename the claim template`},
		{"two claim templates", []string{"rbd", "nfs"}, "", `the volume claim templates are "rbd", "nfs"`},
		{"nothing", nil, "", "declare it under volumes"},
		{"similar volume", []string{"rbd"}, "{name: data}", `there is a volume "data": is that the one you mean?`},
		{"similar claim template", []string{"datavol"}, "", `there is a volume "datavol"`},
		{"too many similar ones", []string{"rbd"}, "{name: data}, {name: vol}", `the only volume claim template is "rbd"`},
		{"a letter is not similar", nil, "{name: d}", "declare it under volumes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var template corev1.PodTemplateSpec
			readYAML(t, c("volumeMounts: [{name: data-vol, mountPath: /x}]")+"\nvolumes: ["+test.volumes+"]", &template.Spec)
			errs := templateRules{claims: test.claims}.template(&template, field.NewPath("spec", "template"))
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), test.want) {
				t.Errorf("errors %v, want one with %q", errs, test.want)
			}
		})
	}
}

func readYAML(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// typesAndFields lists errors as "type field", sorted.
func typesAndFields(errs field.ErrorList) []string {
	var list []string
	for _, err := range errs {
		list = append(list, strings.TrimPrefix(string(err.Type), "FieldValue")+" "+err.Field)
	}
	slices.Sort(list)
	return list
}
