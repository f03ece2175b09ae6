package validate_test

import (
	"fmt"
	"strings"

	"github.com/kruise-admission/kruise-admission/validate"
)

// pulling makes the base object one that pulls images, with these members in its spec, and edits it further.
func pulling(spec string, more ...string) []string {
	return append([]string{`spec.concurrencyPolicy = "Replace"`, `spec.template = {"imageListPullJobTemplate":{"spec":{` + spec + `}}}`}, more...)
}

const (
	goodPull  = `"images":["nginx:1","redis:7"],"completionPolicy":{"type":"Always"}`
	pullPath  = "spec.template.imageListPullJobTemplate.spec"
	fullPod   = `{"spec":{"restartPolicy":"Never","containers":[{"name":"test","image":"test:v1"}]}}`
	broadcast = `spec.template = {"broadcastJobTemplate":{"spec":{"template":` + fullPod + `}}}`
)

// pullingMany is a pull of so many images.
func pullingMany(n int) string {
	images := make([]string, n)
	for i := range images {
		images[i] = fmt.Sprintf(`"r/i%d:1"`, i)
	}
	return `"images":[` + strings.Join(images, ",") + `],"completionPolicy":{"type":"Always"}`
}

// advancedCronJobCases are the cases of the specification's table (i), in its order and with its numbers, and those that its rules or our
// departures from OpenKruise need. U is the pod spec of the jobTemplate.
var advancedCronJobCases = []workloadCase[validate.AdvancedCronJob]{
	{number: 1, about: "base", rules: "c1 c2 c3 c4 c5 c9 c10 c11"},
	{number: 1, about: "BroadcastJobs", rules: "c6 c9", new: []string{broadcast}},
	{number: 2, about: "no schedule", rules: "c2", new: []string{`spec.schedule = ""`}, want: []string{"Required spec.schedule"}},
	{number: 3, about: "schedule in words", rules: "c3", new: []string{`spec.schedule = "invalid-cron"`}, want: []string{"Invalid spec.schedule"}},
	{number: 4, about: "time zone", rules: "c4 c11", new: []string{`spec.schedule = "0 * * * *"`, `spec.timeZone = "America/New_York"`}},
	{number: 5, about: "broken time zone", rules: "c11", new: []string{`spec.timeZone = "broken"`}, want: []string{"Invalid spec.timeZone"}},
	{about: "time zone out of the database", rules: "c11", new: []string{`spec.timeZone = "../etc/passwd"`}, want: []string{"Invalid spec.timeZone"}},
	{number: 6, about: "empty time zone", rules: "c11", new: []string{`spec.timeZone = ""`}, want: []string{"Invalid spec.timeZone"}},
	{number: 7, about: "local time zone", rules: "c11", new: []string{`spec.timeZone = "LOCAL"`}, want: []string{"Invalid spec.timeZone"}},
	{number: 8, about: "time zone in the schedule", rules: "c3 c4", new: []string{`spec.schedule = "TZ=UTC 0 0 * * *"`}},
	{about: "time zone in the schedule, the other way", rules: "c3", new: []string{`spec.schedule = "CRON_TZ=Europe/Paris 0 3 * * *"`}},
	{about: "broken time zone in the schedule", rules: "c3", new: []string{`spec.schedule = "TZ=Mars/Base 0 3 * * *"`}, want: []string{"Invalid spec.schedule"}},
	{number: 9, about: "two time zones", rules: "c4", new: []string{`spec.schedule = "TZ=UTC 0 0 * * *"`, `spec.timeZone = "UTC"`}, want: []string{"Invalid spec.schedule"}},
	{number: 10, about: "nothing but a time zone", rules: "c3", new: []string{`spec.schedule = "TZ=UTC"`}, want: []string{"Invalid spec.schedule"}},
	{about: "nothing but a time zone and a blank", rules: "c3", new: []string{`spec.schedule = "CRON_TZ= "`}, want: []string{"Invalid spec.schedule"}},
	{number: 11, about: "every hour", rules: "c3", new: []string{`spec.schedule = "@every 1h"`}},
	{number: 11, about: "hourly", rules: "c3", new: []string{`spec.schedule = "@hourly"`}},
	{number: 12, about: "reboot", rules: "c3", new: []string{`spec.schedule = "@reboot"`}, want: []string{"Invalid spec.schedule"}},
	{number: 12, about: "day 7 of the week", rules: "c3", new: []string{`spec.schedule = "0 0 * * 7"`}, want: []string{"Invalid spec.schedule"}},
	{number: 12, about: "six fields", rules: "c3", new: []string{`spec.schedule = "0 0 0 * * *"`}, want: []string{"Invalid spec.schedule"}},
	{number: 13, about: "step 0", rules: "c3", new: []string{`spec.schedule = "*/0 * * * *"`}, want: []string{"Invalid spec.schedule"}},
	{about: "names and lists", rules: "c3", new: []string{`spec.schedule = "0,30 8-18/2 ? jan-DEC mon,FRI"`}},
	{about: "29 February", rules: "c3", new: []string{`spec.schedule = "0 0 29 2 *"`}},
	{about: "31 February", rules: "c3", new: []string{`spec.schedule = "0 0 31 2 *"`}, warns: "never comes"},
	{number: 14, about: "no template", rules: "c9", new: []string{`spec.template = {}`}, want: []string{"Forbidden spec.template"}},
	{number: 15, about: "two templates", rules: "c9", new: []string{`spec.template.broadcastJobTemplate = {"spec":{"template":` + fullPod + `}}`}, want: []string{"Forbidden spec.template"}},
	// A departure: what defaulting would fill in may be missing.
	{number: 16, about: "nothing but name and image", rules: "c5", new: []string{`U.containers = [{"name":"a","image":"b"}]`}},
	{about: "no image", rules: "c5", new: []string{`U.containers.0.image`}, want: []string{"Required U.containers.0.image"}},
	{about: "BroadcastJobs without containers", rules: "c6", new: []string{`spec.template = {"broadcastJobTemplate":{"spec":{"template":{"spec":{"restartPolicy":"Never"}}}}}`},
		want: []string{"Required spec.template.broadcastJobTemplate.spec.template.spec.containers"}},
	{number: 17, about: "negative deadline", rules: "c10", new: []string{`spec.startingDeadlineSeconds = -1`}, want: []string{"Invalid spec.startingDeadlineSeconds"}},
	{about: "negative limits", rules: "c10", new: []string{`spec.successfulJobsHistoryLimit = -1`, `spec.failedJobsHistoryLimit = -1`},
		want: []string{"Invalid spec.successfulJobsHistoryLimit", "Invalid spec.failedJobsHistoryLimit"}},
	{about: "limits of 0", rules: "c10", new: []string{`spec.successfulJobsHistoryLimit = 0`, `spec.failedJobsHistoryLimit = 0`, `spec.startingDeadlineSeconds = 0`}},
	{number: 18, about: "name with a dot", rules: "c1", new: []string{`metadata.name = "a.b"`}, want: []string{"Invalid metadata.name"}},
	{number: 18, about: "name of 64 characters", rules: "c1", new: []string{nameOf(64)}, want: []string{"Invalid metadata.name"}},
	{number: 18, about: "name with a dot, update", rules: "d1", old: []string{`metadata.name = "a.b"`}, new: []string{`metadata.name = "a.b"`, `spec.paused = true`}},
	{about: "no namespace", rules: "c1", new: []string{`metadata.namespace`}, want: []string{"Required metadata.namespace"}},

	{number: 19, about: "images", rules: "c7 c8", versions: onlyBeta, new: pulling(`"images":["a"],"selector":{"names":["node1"]},"completionPolicy":{"type":"Always","activeDeadlineSeconds":100}`)},
	{number: 20, about: "images, Allow", rules: "c7", versions: onlyBeta, new: pulling(goodPull, `spec.concurrencyPolicy = "Allow"`), want: []string{"Invalid spec.concurrencyPolicy"}},
	{about: "images, no policy", rules: "c7", versions: onlyBeta, new: pulling(goodPull, `spec.concurrencyPolicy`), want: []string{"Invalid spec.concurrencyPolicy"}},
	{about: "images, Forbid", rules: "c7", versions: onlyBeta, new: pulling(goodPull, `spec.concurrencyPolicy = "Forbid"`)},
	{number: 21, about: "images, names and labels", rules: "c8", versions: onlyBeta, new: pulling(goodPull + `,"selector":{"names":["a"],"matchLabels":{"a":"b"}}`),
		want: []string{"Forbidden " + pullPath + ".selector.names"}},
	{number: 22, about: "images, no operator", rules: "c8", versions: onlyBeta, new: pulling(goodPull + `,"selector":{"matchExpressions":[{"key":"xxx"}]}`),
		want: []string{"Invalid " + pullPath + ".selector.matchExpressions[0].operator"}},
	{number: 23, about: "images, two selectors", rules: "c8", versions: onlyBeta, new: pulling(goodPull + `,"selector":{"names":["a"]},"podSelector":{"matchLabels":{"a":"b"}}`),
		want: []string{"Forbidden " + pullPath + ".podSelector"}},
	{number: 24, about: "images, bad pod selector", rules: "c8", versions: onlyBeta, new: pulling(goodPull + `,"podSelector":{"matchExpressions":[{"key":"xxx","operator":"Foo"}]}`),
		want: []string{"Invalid " + pullPath + ".podSelector.matchExpressions[0].operator"}},
	{number: 25, about: "images, a day", rules: "c8", versions: onlyBeta, new: pulling(`"images":["a"],"completionPolicy":{"type":"Always","activeDeadlineSeconds":86400}`)},
	{number: 25, about: "images, more than a day", rules: "c8", versions: onlyBeta, new: pulling(`"images":["a"],"completionPolicy":{"type":"Always","activeDeadlineSeconds":86401}`),
		want: []string{"Invalid " + pullPath + ".completionPolicy.activeDeadlineSeconds"}},
	{number: 26, about: "images, TTL", rules: "c8", versions: onlyBeta, new: pulling(`"images":["a"],"completionPolicy":{"type":"Always","ttlSecondsAfterFinished":100}`),
		want: []string{"Forbidden " + pullPath + ".completionPolicy.ttlSecondsAfterFinished"}},
	{number: 27, about: "images, Never", rules: "c8", versions: onlyBeta, new: pulling(`"images":["a"],"completionPolicy":{"type":"Never"}`),
		want: []string{"NotSupported " + pullPath + ".completionPolicy.type"}},
	{number: 28, about: "no images", rules: "c8", versions: onlyBeta, new: pulling(`"images":[],"completionPolicy":{"type":"Always"}`), want: []string{"Required " + pullPath + ".images"}},
	{number: 28, about: "255 images", rules: "c8", versions: onlyBeta, new: pulling(pullingMany(255))},
	{number: 28, about: "256 images", rules: "c8", versions: onlyBeta, new: pulling(pullingMany(256)), want: []string{"TooMany " + pullPath + ".images"}},
	{number: 28, about: "an image twice", rules: "c8", versions: onlyBeta, new: pulling(`"images":["a","a"],"completionPolicy":{"type":"Always"}`), want: []string{"Duplicate " + pullPath + ".images[1]"}},
	{number: 28, about: "a name in capitals", rules: "c8", versions: onlyBeta, new: pulling(`"images":["Foo:bar"],"completionPolicy":{"type":"Always"}`), want: []string{"Invalid " + pullPath + ".images[0]"}},
	{number: 29, about: "images, deadline below the timeout", rules: "c8", versions: onlyBeta,
		new:  pulling(`"images":["a"],"completionPolicy":{"type":"Always","activeDeadlineSeconds":100},"pullPolicy":{"timeoutSeconds":600}`),
		want: []string{"Invalid " + pullPath + ".completionPolicy.activeDeadlineSeconds"}},
	{number: 30, about: "images, deadline at the timeout", rules: "c8", versions: onlyBeta,
		new: pulling(`"images":["a"],"completionPolicy":{"type":"Always","activeDeadlineSeconds":100},"pullPolicy":{"timeoutSeconds":100}`)},
	{about: "images, several faults", rules: "c8", versions: onlyBeta, new: pulling(`"images":[],"completionPolicy":{"type":"Never","ttlSecondsAfterFinished":1}`),
		want: []string{"Required " + pullPath + ".images", "NotSupported " + pullPath + ".completionPolicy.type", "Forbidden " + pullPath + ".completionPolicy.ttlSecondsAfterFinished"}},
	// What v1alpha1 keeps for v1beta1 counts.
	{about: "images that are kept", versions: onlyAlpha, new: []string{`spec.concurrencyPolicy = "Replace"`, `spec.template = {}`,
		`metadata.annotations = {"kruise-admission.io/v1beta1-image-list-pull-job-template":"{\"spec\":{` + strings.ReplaceAll(goodPull, `"`, `\"`) + `}}"}`}},

	{number: 31, about: "update of what may change", rules: "d1 d2 d3", versions: onlyBeta, old: pulling(goodPull), new: pulling(
		`"images":["x"],"selector":{"names":["n"]},"completionPolicy":{"type":"Always","activeDeadlineSeconds":9},"parallelism":3`,
		`spec.concurrencyPolicy = "Forbid"`, `spec.schedule = "@daily"`, `spec.timeZone = "UTC"`, `spec.paused = true`, `spec.failedJobsHistoryLimit = 9`)},
	{about: "update of what may change, Jobs", rules: "d1 d2 d3", old: unchanged, new: []string{
		`spec.schedule = "@daily"`, `spec.timeZone = "UTC"`, `spec.paused = true`, `spec.failedJobsHistoryLimit = 9`, `spec.successfulJobsHistoryLimit = 9`,
		`spec.startingDeadlineSeconds = 9`, `spec.concurrencyPolicy = "Forbid"`}},
	{number: 32, about: "update of an image", rules: "d3", old: unchanged, new: []string{`U.containers.0.image = "x"`}, want: []string{"Forbidden spec.template.jobTemplate"}},
	{about: "update of a Job", rules: "d3", old: unchanged, new: []string{`spec.template.jobTemplate.spec.backoffLimit = 3`}, want: []string{"Forbidden spec.template.jobTemplate"}},
	{about: "update of a field that this build does not know", rules: "d3", old: unchanged, new: []string{`U.newer = 1`}, want: []string{"Forbidden spec.template.jobTemplate"}},
	{about: "update of a BroadcastJob", rules: "d3", old: []string{broadcast}, new: []string{broadcast, `spec.template.broadcastJobTemplate.spec.parallelism = 3`},
		want: []string{"Forbidden spec.template.broadcastJobTemplate"}},
	{number: 33, about: "update without resourceVersion", rules: "d1", old: unchanged, new: []string{`metadata.resourceVersion = ""`, `spec.paused = true`}, want: []string{"Invalid metadata.resourceVersion"}},
	{number: 34, about: "images instead of Jobs", rules: "d3", versions: onlyBeta, old: unchanged, new: pulling(goodPull),
		want: []string{"Forbidden spec.template.jobTemplate", "Forbidden spec.template.imageListPullJobTemplate"}},
	{about: "Jobs instead of images", rules: "d3", versions: onlyBeta, old: pulling(goodPull), new: unchanged, want: []string{"Forbidden spec.template.jobTemplate"}},
	{number: 35, about: "nothing instead of images", rules: "d2", versions: onlyBeta, old: pulling(goodPull), new: []string{`spec.template = {}`}, want: []string{"Forbidden spec.template"}},
	{about: "update to a bad schedule", rules: "d2", old: unchanged, new: []string{`spec.schedule = "x"`}, want: []string{"Invalid spec.schedule"}},
	{about: "update to a bad image", rules: "d2", versions: onlyBeta, old: pulling(goodPull), new: pulling(`"images":[""],"completionPolicy":{"type":"Always"}`), want: []string{"Required " + pullPath + ".images[0]"}},

	// Departures: what was stored with its defaults, or without, is the same; what is stored can still be updated.
	{about: "update with the defaults of the template", old: unchanged, new: []string{`U.dnsPolicy = "ClusterFirst"`, `U.schedulerName = "default-scheduler"`, `spec.paused = true`}},
	{about: "update of the metadata of an invalid object", old: []string{`spec.schedule = "x"`}, new: []string{`spec.schedule = "x"`, `metadata.labels = {"x":"y"}`}},
	{about: "update with a template that is invalid already", old: []string{`U.containers.0.image = ""`}, new: []string{`U.containers.0.image = ""`, `spec.paused = true`}},
	{about: "finalizer foo that was there", rules: "d1", old: []string{`metadata.finalizers = ["foo"]`}, new: []string{`metadata.finalizers = ["foo"]`, `spec.paused = true`}},
	{about: "finalizer foo added", rules: "d1", old: unchanged, new: []string{`metadata.finalizers = ["foo"]`}, want: []string{"Invalid metadata.finalizers[0]"}},

	// Departures: no job could ever be created.
	{about: "restartPolicy Always", new: []string{`U.restartPolicy = "Always"`}, want: []string{"NotSupported U.restartPolicy"}},
	{about: "no restartPolicy", new: []string{`U.restartPolicy`}, want: []string{"NotSupported U.restartPolicy"}},
	{about: "restartPolicy Always, update", old: []string{`U.restartPolicy = "Always"`}, new: []string{`U.restartPolicy = "Always"`, `spec.paused = true`}, warns: "restartPolicy"},
	{about: "BroadcastJobs that never end, with a TTL and a label", new: []string{`spec.template = {"broadcastJobTemplate":{"spec":{"completionPolicy":{"type":"Never","ttlSecondsAfterFinished":1},
		"template":{"metadata":{"labels":{"broadcastjob-name":"x"}},"spec":{"restartPolicy":"Never","containers":[{"name":"a","image":"b"}]}}}}}`},
		want: []string{"Invalid spec.template.broadcastJobTemplate.spec.completionPolicy.ttlSecondsAfterFinished", "Invalid spec.template.broadcastJobTemplate.spec.template.metadata.labels"}},
}
