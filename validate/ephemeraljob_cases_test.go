package validate_test

import "github.com/kruise-admission/kruise-admission/validate"

// firstEphemeral is the first container of an EphemeralJob, secondEphemeral the one after it. U is the first one in edits.
const (
	firstEphemeral  = "spec.template.ephemeralContainers[0]"
	secondEphemeral = "spec.template.ephemeralContainers[1]"
)

// ephemeralJobCases are the cases of the specification's table (i), in its order and with its numbers, and those that its rules or our
// departures from OpenKruise need.
var ephemeralJobCases = []workloadCase[validate.EphemeralJob]{
	{number: 1, about: "no containers", new: []string{`spec.template.ephemeralContainers = []`}, warns: "nothing to add"},
	{number: 2, about: "base", rules: "c1 c2 c3 c4 c5 c6 c7 c8 c9 c10 c11 c12 c13 c14 c15"},
	{number: 2, about: "two with different names", rules: "c13", new: []string{twoEphemeral(`"name":"b"`)}},
	{number: 3, about: "with a target", new: []string{`U.targetContainerName = "ctr"`}},
	{number: 3, about: "with an empty target", new: []string{`U.targetContainerName = ""`}},
	{number: 4, about: "everything allowed", rules: "c8 c9 c11 c15", new: []string{`U.command = ["a"]`, `U.args = ["b"]`, `U.workingDir = "/"`,
		`U.envFrom = [{"configMapRef":{"name":"x"}}]`, `U.env = [{"name":"A","value":"b"}]`, `U.volumeMounts = [{"name":"v","mountPath":"/v"}]`,
		`U.volumeDevices = [{"name":"d","devicePath":"/d"}]`, `U.stdin = true`, `U.stdinOnce = true`, `U.tty = true`,
		`U.securityContext = {"capabilities":{"add":["SYS_ADMIN"]}}`, `U.terminationMessagePath = "/x"`}},
	{number: 5, about: "two of one name", rules: "c13", new: []string{twoEphemeral(`"name":"debug"`)}, want: []string{"Duplicate " + secondEphemeral + ".name"}},
	{about: "a second without name", rules: "c1", new: []string{twoEphemeral(`"x":1`)},
		want: []string{"Required " + secondEphemeral + ".name"}},
	{number: 6, about: "an empty container", rules: "c1 c2 c3 c10", new: []string{`U = {}`},
		want: []string{"Required " + firstEphemeral + ".name", "Required " + firstEphemeral + ".image", "Required " + firstEphemeral + ".terminationMessagePolicy", "Required " + firstEphemeral + ".imagePullPolicy"}},
	{about: "two empty containers", rules: "c13", new: []string{`spec.template.ephemeralContainers = [{"image":"i","imagePullPolicy":"Always","terminationMessagePolicy":"File"},{"image":"i","imagePullPolicy":"Always","terminationMessagePolicy":"File"}]`},
		want: []string{"Required " + firstEphemeral + ".name", "Required " + secondEphemeral + ".name", "Duplicate " + secondEphemeral + ".name"}},
	{number: 7, about: "no name", rules: "c1", new: []string{`U.name = ""`}, want: []string{"Required " + firstEphemeral + ".name"}},
	{number: 8, about: "a name that is none", rules: "c1", new: []string{`U.name = "Debug_1"`}, want: []string{"Invalid " + firstEphemeral + ".name"}},
	{number: 9, about: "an image with a blank", rules: "c12", new: []string{`U.image = " image"`}, want: []string{"Invalid " + firstEphemeral + ".image"}},
	{number: 10, about: "an unknown pull policy", rules: "c10", new: []string{`U.imagePullPolicy = "PullThreeTimes"`}, want: []string{"NotSupported " + firstEphemeral + ".imagePullPolicy"}},
	{number: 11, about: "no pull policy", rules: "c10", new: []string{`U.imagePullPolicy`}, want: []string{"Required " + firstEphemeral + ".imagePullPolicy"}},
	{number: 12, about: "an unknown message policy", rules: "c3", new: []string{`U.terminationMessagePolicy = "Other"`}, want: []string{"NotSupported " + firstEphemeral + ".terminationMessagePolicy"}},
	{number: 13, about: "a hook", rules: "c14", new: []string{`U.lifecycle = {"preStop":{"exec":{}}}`}, want: []string{"Forbidden " + firstEphemeral + ".lifecycle"}},
	{about: "no hook, in words", rules: "c14", new: []string{`U.lifecycle = {}`}, want: []string{"Forbidden " + firstEphemeral + ".lifecycle"}},
	{number: 14, about: "probes", rules: "c14", new: []string{`U.livenessProbe = {}`, `U.readinessProbe = {}`, `U.startupProbe = {}`},
		want: []string{"Forbidden " + firstEphemeral + ".livenessProbe", "Forbidden " + firstEphemeral + ".readinessProbe", "Forbidden " + firstEphemeral + ".startupProbe"}},
	{number: 15, about: "a port", rules: "c14", new: []string{`U.ports = [{"protocol":"TCP","containerPort":80}]`}, want: []string{"Forbidden " + firstEphemeral + ".ports"}},
	{number: 16, about: "a port without protocol", rules: "c7 c14", new: []string{`U.ports = [{"containerPort":80}]`},
		want: []string{"Required " + firstEphemeral + ".ports[0].protocol", "Forbidden " + firstEphemeral + ".ports"}},
	{about: "a bad port", rules: "c4 c5 c6 c7", new: []string{`U.ports = [{"name":"a_","containerPort":0,"hostPort":70000,"protocol":"X"}]`},
		want: []string{"Invalid " + firstEphemeral + ".ports[0].name", "Required " + firstEphemeral + ".ports[0].containerPort", "Invalid " + firstEphemeral + ".ports[0].hostPort",
			"NotSupported " + firstEphemeral + ".ports[0].protocol", "Forbidden " + firstEphemeral + ".ports"}},
	{number: 17, about: "no ports, in words", rules: "c14", new: []string{`U.ports = []`}, want: []string{"Forbidden " + firstEphemeral + ".ports"}},
	{number: 18, about: "resources", rules: "c14", new: []string{`U.resources = {"limits":{"cpu":"10"}}`}, want: []string{"Forbidden " + firstEphemeral + ".resources"}},
	{about: "no limits, in words", rules: "c14", new: []string{`U.resources = {"limits":{}}`}, want: []string{"Forbidden " + firstEphemeral + ".resources"}},
	{number: 19, about: "empty resources", rules: "c14", new: []string{`U.resources = {}`}},
	{number: 20, about: "a resize policy", rules: "c14", new: []string{`U.resizePolicy = [{"resourceName":"cpu","restartPolicy":"NotRequired"}]`}, want: []string{"Forbidden " + firstEphemeral + ".resizePolicy"}},
	{number: 21, about: "restartPolicy Always", rules: "c14", new: []string{`U.restartPolicy = "Always"`}, want: []string{"Forbidden " + firstEphemeral + ".restartPolicy"}},
	{number: 21, about: "an empty restartPolicy", rules: "c14", new: []string{`U.restartPolicy = ""`}, want: []string{"Forbidden " + firstEphemeral + ".restartPolicy"}},
	{number: 22, about: "a part of a volume", rules: "c15", new: []string{`U.volumeMounts = [{"name":"a"},{"name":"b","subPath":"x"}]`}, want: []string{"Forbidden " + firstEphemeral + ".volumeMounts[1].subPath"}},
	{number: 23, about: "a named part of a volume", rules: "c15", new: []string{`U.volumeMounts = [{"name":"a"},{"name":"b","subPathExpr":"x"}]`}, want: []string{"Forbidden " + firstEphemeral + ".volumeMounts[1].subPathExpr"}},
	{number: 24, about: "a bad env name", rules: "c8", new: []string{`U.env = [{"name":"1ABC"}]`}, want: []string{"Invalid " + firstEphemeral + ".env[0].name"}},
	// OpenKruise reports the whole list.
	{number: 25, about: "envFrom without source", rules: "c9", new: []string{`U.envFrom = [{}]`}, want: []string{"Invalid " + firstEphemeral + ".envFrom[0]"}},
	{number: 26, about: "privileged", rules: "c11", new: []string{`U.securityContext = {"privileged":true}`}},
	{number: 27, about: "unmasked /proc", rules: "c11", new: []string{`U.securityContext = {"procMount":"Unmasked"}`}, want: []string{"Invalid " + firstEphemeral + ".securityContext.procMount"}},
	{about: "default /proc", rules: "c11", new: []string{`U.securityContext = {"procMount":"Default"}`}},
	{about: "another /proc", rules: "c11", new: []string{`U.securityContext = {"procMount":"x","runAsUser":-1}`},
		want: []string{"NotSupported " + firstEphemeral + ".securityContext.procMount", "Invalid " + firstEphemeral + ".securityContext.runAsUser"}},
	{about: "no image", rules: "c2", new: []string{`U.image = ""`}, want: []string{"Required " + firstEphemeral + ".image"}},
	{number: 28, about: "no selector", new: []string{`spec.selector`}, warns: "spec.selector is not set"},
	{about: "every pod", new: []string{`spec.selector = {}`}, warns: "every pod of the namespace"},
	{about: "a bad selector", new: []string{`spec.selector = {"matchLabels":{"a":"b c"}}`}, warns: "spec.selector"},
	{about: "negative numbers", new: []string{`spec.replicas = -1`, `spec.parallelism = -1`}, warns: "spec.parallelism: Invalid value: -1"},
	{number: 30, about: "update of everything", rules: "d1", old: unchanged, new: []string{`U.name = "x"`, `spec.selector = {"matchLabels":{"x":"y"}}`, `spec.paused = true`}},
	{about: "update to a bad container", rules: "d1", old: unchanged, new: []string{`U.image = ""`}, want: []string{"Required " + firstEphemeral + ".image"}},
	// A departure: what is stored can still be updated.
	{about: "update of the metadata of an invalid object", old: []string{`U.image = ""`}, new: []string{`U.image = ""`, `metadata.finalizers = ["a/b"]`}},
}

// twoEphemeral adds a container with some members to that of the base.
func twoEphemeral(members string) string {
	return `spec.template.ephemeralContainers = [{"name":"debug","image":"image","imagePullPolicy":"IfNotPresent","terminationMessagePolicy":"File"},
		{"image":"image","imagePullPolicy":"IfNotPresent","terminationMessagePolicy":"File",` + members + `}]`
}
