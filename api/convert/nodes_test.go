package convert_test

import "testing"

func TestNodeImage(t *testing.T) {
	const modes = `"metadata":{"annotations":{"kruise-admission.io/v1beta1-pull-secret-modes":
		"{\"nginx\":[{\"namespace\":\"n\",\"name\":\"s\"},{\"namespace\":\"n\",\"name\":\"s\",\"mode\":\"batch\"}]}"}},`
	for _, test := range []struct {
		name        string
		alpha, beta string // without apiVersion and kind
		oneWay      string
	}{{
		name:  "same in both versions",
		alpha: `"spec":{"images":{"nginx":{"tags":[{"tag":"1","new":1.50}],"pullSecrets":[]},"empty":null}},"status":{"desired":1}`,
		beta:  `"spec":{"images":{"nginx":{"tags":[{"tag":"1","new":1.50}],"pullSecrets":[]},"empty":null}},"status":{"desired":1}`,
	}, {
		name:  "the mode of a pull secret is kept",
		alpha: modes + `"spec":{"images":{"nginx":{"pullSecrets":[{"namespace":"n","name":"s"},{"namespace":"n","name":"s","new":1}]}}}`,
		beta:  `"spec":{"images":{"nginx":{"pullSecrets":[{"namespace":"n","name":"s"},{"namespace":"n","name":"s","mode":"batch","new":1}]}}}`,
	}, {
		name:   "a pull secret that has come in between has no mode",
		alpha:  modes + `"spec":{"images":{"nginx":{"pullSecrets":[{"namespace":"n","name":"other"},{"namespace":"n","name":"s"},{"namespace":"n","name":"s"},{"namespace":"n","name":"s"}]}}}`,
		beta:   `"spec":{"images":{"nginx":{"pullSecrets":[{"namespace":"n","name":"other"},{"namespace":"n","name":"s"},{"namespace":"n","name":"s","mode":"batch"},{"namespace":"n","name":"s"}]}}}`,
		oneWay: "up",
	}, {
		name:   "modes of an image that has gone are dropped",
		alpha:  modes + `"spec":{"images":{"other":{"pullSecrets":[{"namespace":"n","name":"s"}]}}}`,
		beta:   `"spec":{"images":{"other":{"pullSecrets":[{"namespace":"n","name":"s"}]}}}`,
		oneWay: "up",
	}, {
		name:   "kept modes of the wrong type count as none",
		alpha:  `"metadata":{"annotations":{"a":"b","kruise-admission.io/v1beta1-pull-secret-modes":"{\"nginx\":[{\"name\":1}]}"}},"spec":{"images":{"nginx":{"pullSecrets":[{"name":"s"}]}}}`,
		beta:   `"metadata":{"annotations":{"a":"b"}},"spec":{"images":{"nginx":{"pullSecrets":[{"name":"s"}]}}}`,
		oneWay: "up",
	}, {
		name:   "v1beta1 knows no annotation",
		alpha:  `"spec":{"images":{"nginx":{"pullSecrets":[{"name":"s"}]}}}`,
		beta:   modes + `"spec":{"images":{"nginx":{"pullSecrets":[{"name":"s"}]}}}`,
		oneWay: "down",
	}} {
		t.Run(test.name, func(t *testing.T) { bothWays(t, "NodeImage", test.alpha, test.beta, test.oneWay) })
	}
}

func TestPersistentPodState(t *testing.T) {
	for _, test := range []struct{ name, alpha, beta string }{{
		name:  "no topology",
		alpha: `"spec":{"targetRef":{"name":"s"},"preferredPersistentTopology":[]}`,
		beta:  `"spec":{"targetRef":{"name":"s"},"preferredPersistentTopology":[]}`,
	}, {
		name:  "an empty term stays",
		alpha: `"spec":{"requiredPersistentTopology":{}}`,
		beta:  `"spec":{"requiredPersistentTopology":{}}`,
	}, {
		name:  "keys that are null stay",
		alpha: `"spec":{"requiredPersistentTopology":{"nodeTopologyKeys":null}}`,
		beta:  `"spec":{"requiredPersistentTopology":{"keys":null}}`,
	}, {
		name: "keys",
		alpha: `"spec":{"requiredPersistentTopology":{"nodeTopologyKeys":["zone"],"new":1},
			"preferredPersistentTopology":[null,{"weight":1},{"weight":2,"preference":{"nodeTopologyKeys":[],"new":2}}]}`,
		beta: `"spec":{"requiredPersistentTopology":{"keys":["zone"],"new":1},
			"preferredPersistentTopology":[null,{"weight":1},{"weight":2,"preference":{"keys":[],"new":2}}]}`,
	}} {
		t.Run(test.name, func(t *testing.T) { bothWays(t, "PersistentPodState", test.alpha, test.beta, "") })
	}
}

func TestImagePullJobsConvertByTheirVersionOnly(t *testing.T) {
	for _, kind := range []string{"ImagePullJob", "ImageListPullJob"} {
		const body = `"metadata":{"name":"j"},"spec":{"image":1,"pullSecrets":[],"new":1e400}`
		bothWays(t, kind, body, body, "")
	}
}

// bothWays converts an object there and, unless oneWay says why not, back again.
func bothWays(t *testing.T, kind, asAlpha, asBeta, oneWay string) {
	t.Helper()
	up := `{"apiVersion":"` + alpha + `","kind":"` + kind + `",` + asAlpha + `}`
	down := `{"apiVersion":"` + beta + `","kind":"` + kind + `",` + asBeta + `}`
	if oneWay != "down" {
		expect(t, up, beta, down)
	}
	if oneWay != "up" {
		expect(t, down, alpha, up)
	}
}
