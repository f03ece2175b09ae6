package podtemplate

import (
	"encoding/json"
	"testing"
)

func TestClaimTemplatesAreVolumes(t *testing.T) {
	for _, test := range []struct {
		name, template, want string
		claims               []string
	}{
		{"without volumes", `{"spec":{}}`, `[{"name":"data","persistentVolumeClaim":{"claimName":"data"}}]`, []string{"data"}},
		{"behind the volumes", `{"spec":{"volumes":[{"name":"tmp"}]}}`,
			`[{"name":"tmp"},{"name":"data","persistentVolumeClaim":{"claimName":"data"}}]`, []string{"data"}},
		{"null volumes", `{"spec":{"volumes":null}}`, `[{"name":"data","persistentVolumeClaim":{"claimName":"data"}}]`, []string{"data"}},
		{"names that cannot be volumes are left out", `{"spec":{"volumes":[{"name":"tmp"}]}}`,
			`[{"name":"tmp"},{"name":"data","persistentVolumeClaim":{"claimName":"data"}}]`, []string{"", "Data_1", "tmp", "data", "data"}},
		{"no claims", `{"spec":{}}`, ``, nil},
		{"volumes that are no list", `{"spec":{"volumes":"x"}}`, `"x"`, []string{"data"}},
		{"no pod spec", `{}`, ``, []string{"data"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			canonical, cause := canonicalTemplate(json.RawMessage(test.template), test.claims)
			if cause != nil {
				t.Fatal(cause)
			}
			var got struct {
				Spec struct{ Volumes json.RawMessage }
			}
			if err := json.Unmarshal(canonical, &got); err != nil {
				t.Fatal(err)
			}
			if string(got.Spec.Volumes) != test.want {
				t.Errorf("volumes %s, want %s", got.Spec.Volumes, test.want)
			}
		})
	}
}
