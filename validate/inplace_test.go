package validate

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func comparePodSpecs(t *testing.T, old, now string) field.ErrorList {
	t.Helper()
	var specs [2]map[string]any
	for i, spec := range []string{old, now} {
		var err error
		if specs[i], err = comparablePodSpec(json.RawMessage(`{"spec":` + spec + `}`)); err != nil {
			t.Fatal(err)
		}
	}
	return inPlaceErrors(specs[0], specs[1], field.NewPath("spec"))
}

func TestInPlaceErrors(t *testing.T) {
	for _, test := range []struct {
		name, old, now string
		want           []string
	}{
		{"nothing", `{"containers":[{"name":"a","image":"i"}]}`, `{"containers":[{"name":"a","image":"i"}]}`, nil},
		{"an image", `{"containers":[{"name":"a","image":"i"}]}`, `{"containers":[{"name":"a","image":"j"}]}`, nil},
		{"an image that was empty", `{"containers":[{"name":"a"}]}`, `{"containers":[{"name":"a","image":"j"}]}`,
			[]string{`spec.containers[0].image: Forbidden: cannot be added in place: "j"`}},
		{"an image that becomes empty", `{"containers":[{"name":"a","image":"i"}]}`, `{"containers":[{"name":"a","image":""}]}`,
			[]string{`spec.containers[0].image: Forbidden: cannot be removed in place: it was "i"`}},
		{"an init container's image", `{"initContainers":[{"name":"a","image":"i"}]}`, `{"initContainers":[{"name":"a","image":"j"}]}`,
			[]string{`spec.initContainers[0].image: Forbidden: cannot be changed in place: from "i" to "j"`}},
		{"a number and a truth value", `{"terminationGracePeriodSeconds":30}`, `{"terminationGracePeriodSeconds":5,"hostNetwork":true}`,
			[]string{`spec.hostNetwork: Forbidden: cannot be added in place: true`,
				`spec.terminationGracePeriodSeconds: Forbidden: cannot be changed in place: from 30 to 5`}},
		{"another spelling", `{"hostNetwork":false,"containers":[{"name":"a","resources":{"limits":{"cpu":"1000m"}},"args":[],"stdin":false}]}`,
			`{"containers":[{"name":"a","resources":{"limits":{"cpu":1}}}],"volumes":null}`, nil},
		{"false is no absence where absence means something else", `{}`, `{"automountServiceAccountToken":false}`,
			[]string{`spec.automountServiceAccountToken: Forbidden: cannot be added in place: false`}},
		{"resources", `{"containers":[{"name":"a","resources":{"limits":{"cpu":"1"}}}]}`, `{"containers":[{"name":"a","resources":{"limits":{"cpu":"2"}}}]}`,
			[]string{`spec.containers[0].resources.limits.cpu: Forbidden: cannot be changed in place: from "1" to "2"`}},
		{"a container more, in front", `{"containers":[{"name":"a","image":"i"}]}`, `{"containers":[{"name":"b","image":"i"},{"name":"a","image":"i"}]}`,
			[]string{`spec.containers[0]: Forbidden: cannot be added in place: "b"`}},
		{"a container less", `{"containers":[{"name":"b","image":"i"},{"name":"a","image":"i"}]}`, `{"containers":[{"name":"a","image":"i"}]}`,
			[]string{`spec.containers[0]: Forbidden: cannot be removed in place: it was "b"`}},
		{"a container renamed", `{"containers":[{"name":"a","image":"i"}]}`, `{"containers":[{"name":"b","image":"i"}]}`,
			[]string{`spec.containers[0]: Forbidden: cannot be added in place: "b"`, `spec.containers[0]: Forbidden: cannot be removed in place: it was "a"`}},
		{"containers swapped", `{"containers":[{"name":"a"},{"name":"b"}]}`, `{"containers":[{"name":"b"},{"name":"a"}]}`,
			[]string{`spec.containers: Forbidden: the order cannot be changed in place`}},
		{"a variable more, in front", `{"containers":[{"name":"a","env":[{"name":"X","value":"1"}]}]}`,
			`{"containers":[{"name":"a","env":[{"name":"W","value":"2"},{"name":"X","value":"1"}]}]}`,
			[]string{`spec.containers[0].env[0]: Forbidden: cannot be added in place: "W"`}},
		{"a list of texts", `{"containers":[{"name":"a","args":["-v","1"]}]}`, `{"containers":[{"name":"a","args":["-v","2","3"]}]}`,
			[]string{`spec.containers[0].args[1]: Forbidden: cannot be changed in place`, `spec.containers[0].args[2]: Forbidden: cannot be added in place`}},
		{"names given twice are compared by position", `{"containers":[{"name":"a"},{"name":"a"}]}`, `{"containers":[{"name":"a","tty":true},{"name":"a"}]}`,
			[]string{`spec.containers[0].tty: Forbidden: cannot be added in place: true`}},
		{"a key that is no member name", `{"nodeSelector":{"example.com/disk":"ssd"}}`, `{"nodeSelector":{"example.com/disk":"hdd"}}`,
			[]string{`spec.nodeSelector[example.com/disk]: Forbidden: cannot be changed in place`}},
		{"a member unknown to this build", `{"containers":[{"name":"a","colour":{"hue":1}}],"list":[1]}`, `{"containers":[{"name":"a","colour":{"hue":2}}],"list":[1]}`,
			[]string{`spec.containers[0].colour.hue: Forbidden: cannot be changed in place: from 1 to 2`}},
		{"another type", `{"x":{"y":1}}`, `{"x":[1]}`, []string{`spec.x: Forbidden: cannot be changed in place`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, err := range comparePodSpecs(t, test.old, test.now) {
				got = append(got, err.Error())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("errors (-want +got):\n%s", diff)
			}
		})
	}
}

// What a variable, an argument, a header, an option of a driver or an unknown member holds may be a secret.
func TestInPlaceErrorsShowNoSecrets(t *testing.T) {
	template := `{"password":%[1]q,"containers":[{"name":"a","env":[{"name":"A","value":%[1]q}],"args":[%[1]q],"command":["sh",%[1]q],
		"livenessProbe":{"httpGet":{"path":%[1]q,"port":1,"httpHeaders":[{"name":"Authorization","value":%[1]q}]}},
		"lifecycle":{"preStop":{"exec":{"command":[%[1]q]}}}}],
		"volumes":[{"name":"v","csi":{"driver":"d","volumeAttributes":{"key":%[1]q}}}],"nodeSelector":{"k":%[1]q}}`
	for _, pair := range [][2]string{{"s3cret-1", "s3cret-2"}, {"", "s3cret-2"}, {"s3cret-1", ""}} {
		errs := comparePodSpecs(t, fmt.Sprintf(template, pair[0]), fmt.Sprintf(template, pair[1]))
		if len(errs) < 8 {
			t.Errorf("%d errors, want one for each of the secrets", len(errs))
		}
		for _, err := range errs {
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("shows a secret: %s", err)
			}
		}
	}
}

func TestInPlaceErrorsAreBounded(t *testing.T) {
	var old, now []string
	for i := range 100 {
		old = append(old, fmt.Sprintf(`"k%d":1`, i))
		now = append(now, fmt.Sprintf(`"k%d":2`, i))
	}
	errs := comparePodSpecs(t, "{"+strings.Join(old, ",")+"}", "{"+strings.Join(now, ",")+"}")
	if len(errs) != maxInPlaceErrors+1 || !strings.Contains(errs[maxInPlaceErrors].Detail, "80 more") {
		t.Errorf("%d errors, the last is %v", len(errs), errs[len(errs)-1])
	}
}
