package validate_test

import "github.com/kruise-admission/kruise-admission/validate"

// broadcastJobCases are the cases of the specification's table (i), in its order and with its numbers, and those that our departures
// from OpenKruise need.
var broadcastJobCases = []workloadCase[validate.BroadcastJob]{
	{number: 1, about: "base", rules: "c1 c2 c3 c4 c5 c6 c7"}, // 2 as well: both versions run
	{number: 3, about: "restartPolicy Never", rules: "c5", new: []string{`S.restartPolicy = "Never"`}},
	{number: 4, about: "restartPolicy Always", rules: "c5", new: []string{`S.restartPolicy = "Always"`}, want: []string{"NotSupported S.restartPolicy"}},
	{number: 5, about: "no restartPolicy", rules: "c4 c5", new: []string{`S.restartPolicy`}, want: []string{"NotSupported S.restartPolicy"}},
	{about: "unknown restartPolicy", rules: "c5 c7", new: []string{`S.restartPolicy = "Sometimes"`}, want: []string{"NotSupported S.restartPolicy", "NotSupported S.restartPolicy"}},
	{number: 6, about: "label with the name", rules: "c6", new: []string{`spec.template.metadata.labels = {"broadcastjob-name":"x"}`}, want: []string{"Invalid spec.template.metadata.labels"}},
	{number: 7, about: "label with the uid", rules: "c6", new: []string{`spec.template.metadata.labels = {"broadcastjob-controller-uid":"1"}`}, want: []string{"Invalid spec.template.metadata.labels"}},
	{number: 8, about: "empty label", rules: "c6", new: []string{`spec.template.metadata.labels = {"broadcastjob-name":""}`}},
	{number: 9, about: "Never with a TTL", rules: "c2", new: []string{`spec.completionPolicy = {"type":"Never","ttlSecondsAfterFinished":300}`},
		want: []string{"Invalid spec.completionPolicy.ttlSecondsAfterFinished"}},
	{about: "Never with a TTL of 0", rules: "c2", new: []string{`spec.completionPolicy = {"type":"Never","ttlSecondsAfterFinished":0}`},
		want: []string{"Invalid spec.completionPolicy.ttlSecondsAfterFinished"}},
	{about: "Never", rules: "c2 c3", new: []string{`spec.completionPolicy = {"type":"Never"}`}},
	{number: 10, about: "Never with a deadline", rules: "c3", new: []string{`spec.completionPolicy = {"type":"Never","activeDeadlineSeconds":1}`},
		want: []string{"Invalid spec.completionPolicy.activeDeadlineSeconds"}},
	{number: 11, about: "everything wrong", rules: "c2 c3 c5 c6 c7", new: []string{
		`spec.completionPolicy = {"type":"Never","ttlSecondsAfterFinished":300,"activeDeadlineSeconds":1}`, `S.restartPolicy = "Always"`,
		`spec.template.metadata.labels = {"broadcastjob-name":"x","broadcastjob-controller-uid":"1"}`, `S.containers = []`},
		want: []string{"Invalid spec.completionPolicy.ttlSecondsAfterFinished", "Invalid spec.completionPolicy.activeDeadlineSeconds",
			"NotSupported S.restartPolicy", "Invalid spec.template.metadata.labels", "Required S.containers"}},
	{number: 12, about: "Always with both times", rules: "c2 c3", new: []string{`spec.completionPolicy = {"type":"Always","ttlSecondsAfterFinished":300,"activeDeadlineSeconds":1}`}},
	{number: 13, about: "unknown completion type", new: []string{`spec.completionPolicy.type = "Sometimes"`}, warns: `spec.completionPolicy.type is "Sometimes"`},
	{number: 14, about: "name with a dot", rules: "c1", new: []string{`metadata.name = "a.b"`}, want: []string{"Invalid metadata.name"}},
	{number: 15, about: "name of 64 characters", rules: "c1", new: []string{nameOf(64)}, want: []string{"Invalid metadata.name"}},
	{number: 16, about: "name of 63 characters", rules: "c1", new: []string{nameOf(63)}},
	{number: 17, about: "name with capitals", rules: "c1", new: []string{`metadata.name = "Job-A"`}},
	{about: "no name", rules: "c1", new: []string{`metadata.name`}, want: []string{"Required metadata.name"}},
	{about: "prefix of a name with a dot", rules: "c1", new: []string{`metadata.generateName = "a."`}, want: []string{"Invalid metadata.generateName"}},
	{about: "no namespace", rules: "c1", new: []string{`metadata.namespace`}, want: []string{"Required metadata.namespace"}},
	{number: 18, about: "no containers", rules: "c7", new: []string{`S.containers = []`}, want: []string{"Required S.containers"}},
	{number: 19, about: "parallelism -1", new: []string{`spec.parallelism = -1`}, warns: "spec.parallelism"},
	{number: 19, about: "parallelism abc", new: []string{`spec.parallelism = "abc"`}, warns: "spec.parallelism"},
	{number: 20, about: "parallelism 50%", new: []string{`spec.parallelism = "50%"`}},
	{number: 21, about: "unknown failure policy", new: []string{`spec.failurePolicy.type = "Bogus"`}, warns: `spec.failurePolicy.type is "Bogus"`},
	{number: 22, about: "nothing but name and image", rules: "c4 c7", new: []string{`S.containers = [{"name":"a","image":"b"}]`}},
	{number: 23, about: "two containers of one name", rules: "c7", new: []string{`S.containers = [{"name":"a","image":"b"},{"name":"a","image":"b"}]`},
		want: []string{"Duplicate S.containers[1].name"}},
	{about: "label of the template", rules: "c7", new: []string{`spec.template.metadata.labels = {"x":"a b"}`}, want: []string{"Invalid spec.template.metadata.labels"}},
	{number: 24, about: "update of anything", rules: "d1", old: unchanged, new: []string{`C.image = "b"`, `spec.parallelism = 3`, `spec.completionPolicy.type = "Never"`}},
	{number: 25, about: "update without resourceVersion", rules: "d1", old: unchanged, new: []string{`metadata.resourceVersion`, `spec.parallelism = 3`}},
	{about: "update to a bad policy", rules: "d1", old: unchanged, new: []string{`S.restartPolicy = "Always"`}, want: []string{"NotSupported S.restartPolicy"}},
	{about: "update to a bad image", rules: "d1", old: unchanged, new: []string{`C.image = ""`}, want: []string{"Required C.image"}},

	// Departures: what is stored can still be updated.
	{about: "update of the metadata of an invalid object", old: []string{`S.restartPolicy = "Always"`}, new: []string{`S.restartPolicy = "Always"`, `metadata.labels = {"x":"y"}`}},
	{about: "update with a template that is invalid already", old: []string{`C.image = ""`}, new: []string{`C.image = ""`, `spec.paused = true`}},
	{about: "update of an object whose name has a dot", old: []string{`metadata.name = "a.b"`}, new: []string{`metadata.name = "a.b"`, `spec.paused = true`}},
	{about: "update of metadata that is not valid", old: unchanged, new: []string{`metadata.labels = {"x":"a b"}`}, want: []string{"Invalid metadata.labels"}},
}
