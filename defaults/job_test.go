package defaults

import (
	"context"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestBroadcastJobDefaults(t *testing.T) {
	const (
		template = `"template":` + plainTemplate
		filled   = `"template":` + defaultedTemplate
		rest     = `"parallelism":2147483647,"completionPolicy":{"type":"Always"},"failurePolicy":{"type":"FailFast"}`
	)
	runDefaults(t, []defaultsCase[BroadcastJob]{
		{name: "v1beta1 with nothing but a template", version: "v1beta1", sent: template, want: filled + `,` + rest},
		{name: "v1alpha1 with nothing but a template", version: "v1alpha1", sent: template, want: filled + `,` + rest},
		{
			name: "what is given stays", version: "v1beta1",
			sent: template + `,"paused":false,"parallelism":0,"completionPolicy":{"type":"Never","ttlSecondsAfterFinished":1},"failurePolicy":{"type":"Pause","restartLimit":3}`,
			want: filled + `,"paused":false,"parallelism":0,"completionPolicy":{"type":"Never","ttlSecondsAfterFinished":1},"failurePolicy":{"type":"Pause","restartLimit":3}`,
		},
		{name: "update with the same template, which stays", version: "v1beta1", sent: template + `,"paused":true`, old: template, want: template + `,"paused":true,` + rest},
		{name: "update with another template", version: "v1beta1", sent: template, old: `"template":{"spec":{}}`, want: filled + `,` + rest},
		{name: "gate TemplateNoDefaults", version: "v1beta1", sent: template, want: template + `,` + rest, reviewer: BroadcastJob{NoTemplateDefaults: true}},
	})
}

func TestBroadcastJobAsksTheClusterForDefaults(t *testing.T) {
	answering := cluster(func(map[string]any, []string) (string, []metav1.StatusCause, error) {
		return `{"spec":{"newer":1}}`, nil, nil
	})
	got := defaulted(t, BroadcastJob{Templates: answering}, workloadRequest("v1beta1", workloadJSON(`"template":{"spec":{}}`), ""))
	compareJSON(t, workloadJSON(`"template":{"spec":{"newer":1,"dnsPolicy":"ClusterFirst","restartPolicy":"Always","securityContext":{},
		"terminationGracePeriodSeconds":30,"schedulerName":"default-scheduler"}},
		"parallelism":2147483647,"completionPolicy":{"type":"Always"},"failurePolicy":{"type":"FailFast"}`), got)
}

func TestAdvancedCronJobDefaults(t *testing.T) {
	const (
		schedule = `"schedule":"@daily"`
		limits   = `"paused":false,"successfulJobsHistoryLimit":3,"failedJobsHistoryLimit":1`
		rest     = schedule + `,"concurrencyPolicy":"Allow",` + limits
	)
	job := func(template string) string {
		return `,"template":{"jobTemplate":{"spec":{"backoffLimit":1,"template":` + template + `}}}`
	}
	broadcast := func(template string) string {
		return `,"template":{"broadcastJobTemplate":{"spec":{"template":` + template + `}}}`
	}
	images := func(spec string) string { return `,"template":{"imageListPullJobTemplate":{"spec":{` + spec + `}}}` }
	runDefaults(t, []defaultsCase[AdvancedCronJob]{
		{name: "v1beta1, Jobs", version: "v1beta1", sent: schedule + job(plainTemplate), want: rest + job(defaultedTemplate)},
		{name: "v1alpha1, Jobs", version: "v1alpha1", sent: schedule + job(plainTemplate), want: rest + job(defaultedTemplate)},
		{name: "BroadcastJobs get no other defaults of theirs", version: "v1alpha1", sent: schedule + broadcast(plainTemplate), want: rest + broadcast(defaultedTemplate)},
		{
			name: "two templates", version: "v1beta1",
			sent: schedule + `,"template":{"jobTemplate":{"spec":{"template":` + plainTemplate + `}},"broadcastJobTemplate":{"spec":{"template":` + plainTemplate + `}}}`,
			want: rest + `,"template":{"jobTemplate":{"spec":{"template":` + defaultedTemplate + `}},"broadcastJobTemplate":{"spec":{"template":` + defaultedTemplate + `}}}`,
		},
		{name: "no template", version: "v1beta1", sent: schedule, want: rest},
		{name: "null templates", version: "v1beta1", sent: schedule + `,"template":{"jobTemplate":null}`, want: rest + `,"template":{"jobTemplate":null}`},
		{
			name: "images", version: "v1beta1", sent: schedule + images(`"images":["a"]`),
			want: schedule + `,"concurrencyPolicy":"Replace",` + limits +
				images(`"images":["a"],"completionPolicy":{"type":"Always"},"pullPolicy":{"timeoutSeconds":600,"backoffLimit":3},"imagePullPolicy":"IfNotPresent"`),
		},
		{
			name: "images, half a pull policy", version: "v1beta1", sent: schedule + images(`"pullPolicy":{"timeoutSeconds":5},"imagePullPolicy":"Always"`),
			want: schedule + `,"concurrencyPolicy":"Replace",` + limits +
				images(`"completionPolicy":{"type":"Always"},"pullPolicy":{"timeoutSeconds":5,"backoffLimit":3},"imagePullPolicy":"Always"`),
		},
		{
			name: "images with a completion type", version: "v1beta1", sent: schedule + images(`"completionPolicy":{"type":"Always"}`),
			want: schedule + `,"concurrencyPolicy":"Replace",` + limits + images(`"completionPolicy":{"type":"Always"}`),
		},
		{
			name: "v1alpha1 knows no images", version: "v1alpha1", sent: schedule + images(`"images":["a"]`), want: rest + images(`"images":["a"]`),
		},
		{
			name: "what is given stays", version: "v1beta1",
			sent: schedule + `,"concurrencyPolicy":"Forbid","paused":true,"successfulJobsHistoryLimit":0,"failedJobsHistoryLimit":7`,
			want: schedule + `,"concurrencyPolicy":"Forbid","paused":true,"successfulJobsHistoryLimit":0,"failedJobsHistoryLimit":7`,
		},
		{name: "update with the same template, which stays", version: "v1beta1", sent: schedule + job(plainTemplate), old: `"schedule":"@hourly"` + job(plainTemplate), want: rest + job(plainTemplate)},
		{name: "update with another template", version: "v1beta1", sent: schedule + job(plainTemplate), old: schedule + job(defaultedTemplate), want: rest + job(defaultedTemplate)},
		{
			name: "gate TemplateNoDefaults", version: "v1beta1", sent: schedule + job(plainTemplate), want: rest + job(plainTemplate),
			reviewer: AdvancedCronJob{NoTemplateDefaults: true},
		},
	})
}

func TestJobDefaultsRefuseWhatCannotBeRead(t *testing.T) {
	for _, test := range []struct{ name, version, object, old string }{
		{"unknown version", "v1gamma1", workloadJSON(`"paused":true`), ""},
		{"no object", "v1beta1", "", ""},
		{"another kind", "v1beta1", `{"kind":"CloneSet"}`, ""},
		{"another version", "v1alpha1", `{"apiVersion":"apps.kruise.io/v1beta1"}`, ""},
		{"paused as a text", "v1beta1", workloadJSON(`"paused":"yes"`), ""},
		{"an old object that is none", "v1beta1", workloadJSON(`"paused":true`), `"x"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			request := workloadRequest(test.version, test.object, test.old)
			broadcast, err := BroadcastJob{}.Review(context.Background(), request)
			if err != nil || broadcast.Allowed || broadcast.Code != 400 || broadcast.Message == "" {
				t.Errorf("BroadcastJob: answer %+v, error %v; want 400", broadcast, err)
			}
			cron, err := AdvancedCronJob{}.Review(context.Background(), request)
			if err != nil || cron.Allowed || cron.Code != 400 || cron.Message == "" {
				t.Errorf("AdvancedCronJob: answer %+v, error %v; want 400", cron, err)
			}
		})
	}
}

func FuzzJobDefaults(f *testing.F) {
	f.Add("v1alpha1", workloadJSON(`"template":`+plainTemplate), "")
	f.Add("v1beta1", workloadJSON(`"schedule":"x","template":{"jobTemplate":{"spec":{"template":`+plainTemplate+`}},"broadcastJobTemplate":{"spec":null}}`), `{}`)
	f.Add("v1beta1", workloadJSON(`"template":{"imageListPullJobTemplate":{"spec":{"completionPolicy":null,"pullPolicy":{}}}}`), ``)
	f.Add("v1beta1", `{"spec":null}`, `{"spec":{}}`)
	fuzzDefaults(f, BroadcastJob{}, BroadcastJob{HostPorts: true}, AdvancedCronJob{}, AdvancedCronJob{HostPorts: true})
}
