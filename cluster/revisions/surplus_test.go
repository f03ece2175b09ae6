package revisions

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// withThreeRevisions is a server with the SidecarSet "set" of limit 1, after it went through agent:1 and agent:2 to agent:3. Nothing has
// been deleted yet.
func withThreeRevisions(t *testing.T) (*apiServer, *Recorder) {
	t.Helper()
	a := newAPIServer(t)
	r := a.recorder()
	for _, image := range []string{"agent:1", "agent:2", "agent:3"} {
		a.set(image)
		mustRecord(t, r)
	}
	a.set("agent:3", `"revisionHistoryLimit":1`)
	a.writes()
	return a, r
}

// nameOf returns the name of the revision with that image.
func (a *apiServer) nameOf(image string) string {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for path, object := range a.objects {
		if strings.HasPrefix(path, revisionsPath) && imageOf(object) == image {
			return object.GetName()
		}
	}
	a.t.Fatalf("there is no revision with image %s", image)
	return ""
}

func TestDeleteSurplus(t *testing.T) {
	record := func(set, revision string) string {
		return fmt.Sprintf(`{%q:{"hash":"h","sidecarSetName":%q,"sidecarList":["agent"],"controllerRevision":%q}}`, set, set, revision)
	}
	const web = `{"app":"web"}`
	tests := []struct {
		name    string
		prepare func(*apiServer)
		want    map[string]int64
	}{
		{name: "no pods", prepare: func(*apiServer) {}, want: map[string]int64{"agent:3": 3}},
		{name: "a pod was injected with it", want: map[string]int64{"agent:1": 1, "agent:3": 3},
			prepare: func(a *apiServer) { a.pod("p", web, record("set", a.nameOf("agent:1"))) }},
		{name: "a pod on the second page was", want: map[string]int64{"agent:2": 2, "agent:3": 3},
			prepare: func(a *apiServer) {
				for i := range podsPerPage {
					a.pod(fmt.Sprintf("a%03d", i), web, "")
				}
				a.pod("b", web, record("set", a.nameOf("agent:2")))
			}},
		{name: "a pod that is not selected", want: map[string]int64{"agent:3": 3},
			prepare: func(a *apiServer) { a.pod("p", `{"app":"other"}`, record("set", a.nameOf("agent:1"))) }},
		{name: "a pod injected by another SidecarSet", want: map[string]int64{"agent:3": 3},
			prepare: func(a *apiServer) { a.pod("p", web, record("other", a.nameOf("agent:1"))) }},
		{name: "pods with records of another shape", want: map[string]int64{"agent:3": 3},
			prepare: func(a *apiServer) {
				for i, record := range []string{"", "h", `{"set":"h"}`, `{"set":null}`, `null`, `[]`, `{"set":{"controllerRevision":1}}`, `{"set":`} {
					a.pod(fmt.Sprint("p", i), web, record)
				}
			}},
		{name: "an old record beside a new one", want: map[string]int64{"agent:1": 1, "agent:3": 3},
			prepare: func(a *apiServer) {
				a.pod("p", web, `{"other":"h",`+record("set", a.nameOf("agent:1"))[1:])
			}},
		{name: "it is pinned", want: map[string]int64{"agent:1": 1, "agent:3": 3},
			prepare: func(a *apiServer) {
				a.set("agent:3", `"revisionHistoryLimit":1`, fmt.Sprintf(`"injectionStrategy":{"revision":{"revisionName":%q}}`, a.nameOf("agent:1")))
			}},
		{name: "too many pods", prepare: func(a *apiServer) { a.endless = true }, want: map[string]int64{"agent:1": 1, "agent:2": 2, "agent:3": 3}},
		{name: "a selector that selects nothing", want: map[string]int64{"agent:3": 3},
			prepare: func(a *apiServer) {
				a.endless = true
				a.set("agent:3", `"revisionHistoryLimit":1`)
				a.put(setsPath+"/set", `{"spec":{"selector":{},"revisionHistoryLimit":1,"containers":[{"name":"agent","image":"agent:3"}]}}`)
			}},
		{name: "no selector", want: map[string]int64{"agent:3": 3},
			prepare: func(a *apiServer) {
				a.endless = true
				a.put(setsPath+"/set", `{"spec":{"revisionHistoryLimit":1,"containers":[{"name":"agent","image":"agent:3"}]}}`)
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, r := withThreeRevisions(t)
			test.prepare(a)
			mustRecord(t, r)
			if diff := cmp.Diff(test.want, a.revisions()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeleteSurplusThatCannotBeTold(t *testing.T) {
	onPods := func(do func() error) func(*http.Request) error {
		return func(r *http.Request) error {
			if r.URL.Path == podsPath {
				return do()
			}
			return nil
		}
	}
	tests := []struct {
		name    string
		prepare func(*apiServer)
		err     error
		text    string
	}{
		{name: "pods cannot be listed", text: "list its pods: ",
			prepare: func(a *apiServer) {
				a.intercept = onPods(func() error { return apierrors.NewInternalError(errors.New("no")) })
			}},
		{name: "the selector is broken", text: "spec.selector: ",
			prepare: func(a *apiServer) {
				a.put(setsPath+"/set", `{"spec":{"selector":{"matchExpressions":[{"key":"a","operator":"?"}]},"revisionHistoryLimit":1,"containers":[{"name":"agent","image":"agent:3"}]}}`)
			}},
		{name: "a revision is pinned while pods are listed", err: errOutdated,
			prepare: func(a *apiServer) {
				a.intercept = onPods(func() error {
					a.set("agent:3", `"revisionHistoryLimit":1`, fmt.Sprintf(`"injectionStrategy":{"revision":{"revisionName":%q}}`, a.nameOf("agent:1")))
					return nil
				})
			}},
		{name: "a revision is changed while pods are listed", err: errOutdated,
			prepare: func(a *apiServer) {
				a.intercept = onPods(func() error {
					a.put(revisionsPath+"/"+a.nameOf("agent:1"), `{"revision":9}`)
					return nil
				})
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, r := withThreeRevisions(t)
			test.prepare(a)
			err := r.record(t.Context(), "set")
			if err == nil || test.err != nil && !errors.Is(err, test.err) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error %v, want %v %s", err, test.err, test.text)
			}
			if left := a.revisions(); len(left) != 3 {
				t.Errorf("left are %v, want all three", left)
			}
		})
	}
}
