package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"

	"github.com/kruise-admission/kruise-admission/survive/follow"
)

const (
	ourHost = "kruise-admission-webhook.kruise.svc"
	refused = `conversion webhook for apps.kruise.io/v1alpha1, Kind=SidecarSet failed: Post "https://` + ourHost +
		`:443/convert?timeout=30s": dial tcp 10.96.0.7:443: connect: connection refused`
)

func TestNobodyConverts(t *testing.T) {
	const of = "conversion webhook for apps.kruise.io/v1alpha1, Kind=SidecarSet failed: "
	const post = of + `Post "https://` + ourHost + `:443/convert?timeout=30s": `
	tests := []struct {
		name, err string
		want      bool
	}{
		{"connection refused", refused, true},
		{"said by a cache that does not come up", `storage is (re)initializing: failed to list apps.kruise.io/v1beta1, Kind=SidecarSet: ` + refused, true},
		{"the resolver of the API server knows of no endpoint", post + `no endpoints available for service "kruise-admission-webhook"`, true},
		{"packets are dropped", post + "dial tcp 10.96.0.7:443: i/o timeout", true},
		{"no answer in time", post + "context deadline exceeded", true},
		{"connection closed", post + "EOF", true},
		{"connection reset", post + "read tcp 127.0.0.1:1->127.0.0.1:2: read: connection reset by peer", true},
		{"URL without port", of + `Post "https://10.0.0.9/convert?timeout=30s": dial tcp 10.0.0.9:443: connect: connection refused`, true},
		{"certificate of another authority", post + "tls: failed to verify certificate: x509: certificate signed by unknown authority", false},
		{"no certificate yet", post + "remote error: tls: internal error", false},
		{"another Service", strings.ReplaceAll(refused, ourHost, "kruise-webhook-service.kruise-system.svc"), false},
		{"a host whose name begins like ours", strings.ReplaceAll(refused, ourHost, ourHost+".example.com"), false},
		{"an object that cannot be converted", of + "object 1 cannot be converted to apps.kruise.io/v1beta1: spec: wrong type", false},
		{"an object that cannot be converted and quotes us", of + `object 1: "Post "https://` + ourHost + `/": EOF`, false},
		{"HTTP status", of + "the server is currently unable to handle the request", false},
		{"no call of ours", `Get "https://` + ourHost + `:443/": EOF`, false},
		{"another call", `failed calling webhook "mpod.kb.io": failed to call webhook: Post "https://` + ourHost + `:443/mutate-pod": EOF`, false},
		{"a URL that is none", of + `Post "https://%": EOF`, false},
		{"cut off", of + `Post "https://` + ourHost, false},
		{"something else", "etcdserver: request timed out", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := nobodyConverts(errors.New(test.err), []string{ourHost, "10.0.0.9"}); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestAwaitsConversion(t *testing.T) {
	unreached, otherwise := errors.New(refused), errors.New("etcdserver: request timed out")
	again := func(failure error, times int) []error { return slices.Repeat([]error{failure}, times) }
	endpoints := func(conditions string) string {
		return `{"metadata": {"name": "a"}, "endpoints": [{"addresses": ["10.0.0.1"], "conditions": ` + conditions + `}]}`
	}
	tests := []struct {
		name string
		// failures of the first list of SidecarSets, and of that of namespaces; nil: it has come.
		sidecarSets, namespaces []error
		endpoints               string
		status                  int // of the list of endpoints
		want                    bool
		err                     string
	}{
		{name: "nobody is there", sidecarSets: again(unreached, steadily), want: true},
		{name: "after other failures", sidecarSets: append(again(otherwise, 2), again(unreached, steadily)...), want: true},
		{name: "replicas are there, none is ready", sidecarSets: again(unreached, steadily), endpoints: endpoints(`{"ready": false}`), want: true},
		{name: "a replica is ready", sidecarSets: again(unreached, steadily), endpoints: endpoints(`{"ready": true}`)},
		{name: "a replica may be ready", sidecarSets: again(unreached, steadily), endpoints: endpoints(`{}`)},
		{name: "endpoints are not known", sidecarSets: again(unreached, steadily), status: 403, err: "cannot list the endpoints of Service kruise-admission-webhook: "},
		{name: "not often enough", sidecarSets: again(unreached, steadily-1)},
		{name: "not the last time", sidecarSets: append(again(unreached, steadily), otherwise)},
		{name: "not each time", sidecarSets: append(append(again(unreached, steadily-2), otherwise), unreached)},
		{name: "nothing has failed yet", sidecarSets: []error{}},
		{name: "another list is missing", sidecarSets: again(unreached, steadily), namespaces: again(otherwise, steadily)},
		{name: "nothing is missing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := newAPIServer(t, map[string]string{endpointsPath: test.endpoints})
			server.fails[endpointsPath] = test.status
			s, err := New(&rest.Config{Host: server.URL}, Options{Namespace: "kruise"})
			if err != nil {
				t.Fatal(err)
			}
			failures := [][]error{test.sidecarSets, test.namespaces}
			for i, first := range s.firstLists {
				if i >= len(failures) || failures[i] == nil {
					first.filled()
					continue
				}
				for _, failure := range failures[i] {
					first.failed(failure)
				}
			}
			got, err := s.AwaitsConversion(t.Context(), "kruise-admission-webhook", []string{ourHost})
			if got != test.want || (err == nil) != (test.err == "") || err != nil && !strings.HasPrefix(err.Error(), test.err) {
				t.Errorf("got %v, %v; want %v, error %q", got, err, test.want, test.err)
			}
			server.set(func() {
				asked := slices.ContainsFunc(server.requests, func(request string) bool {
					return request == endpointsPath+" labels=kubernetes.io/service-name=kruise-admission-webhook fields="
				})
				if want := test.want || test.endpoints != "" || test.status != 0; asked != want {
					t.Errorf("asked for endpoints: %v, want %v", asked, want)
				}
			})
		})
	}
}

// An API server whose cache does not come up answers 429 and wants to be left alone for half a minute. The source finds out why, and is there when
// the cache is.
func TestCacheOfTheAPIServerThatDoesNotComeUp(t *testing.T) {
	server := newAPIServer(t, map[string]string{v1beta1Path: setA, endpointsPath: ""})
	server.unread[v1beta1Path] = refused
	r := run(t, server)
	awaits := func() bool {
		got, err := r.AwaitsConversion(t.Context(), "kruise-admission-webhook", []string{ourHost})
		return got && err == nil
	}
	eventually(t, "it is known that conversion is missing", awaits)
	if errs, _ := r.said(); !slices.Contains(errs, "cannot list sidecarsets: "+refused) {
		t.Errorf("errors %q, want one that says why", errs)
	}
	server.set(func() { delete(server.unread, v1beta1Path) })
	eventually(t, "synced", r.Synced) // eventually gives up before 30 seconds
	if awaits() {
		t.Error("still awaits conversion")
	}
}

// TestSteadilyTakesSeconds: the endpoints of a replica that has just gone must not count as those of none.
func TestSteadilyTakesSeconds(t *testing.T) {
	pace, least := follow.Backoff(), time.Duration(0)
	pace.Jitter = 0
	for range steadily - 1 {
		least += pace.Step()
	}
	if least < 1500*time.Millisecond || least > 3*time.Second {
		t.Errorf("%d tries take %v", steadily, least)
	}
}

// A cache that is not there yet, of an API server that can read everything, ends what was known of failures.
func TestCacheOfTheAPIServerThatComesUpLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &Source{options: Options{OnError: func(error) { cancel() }}}
	first := &firstList{}
	for range steadily {
		first.failed(errors.New(refused))
	}
	wanted := request{resource: "sidecarsets", optional: true, first: first}
	_ = reflector(s, &pages{count: 1, fails: -1}, wanted, &metav1.PartialObjectMetadata{}, &sink[string]{}).ListAndWatchWithContext(ctx) // ends with ctx
	if first.missingBecause(func(error) bool { return true }) {
		t.Error("the failures from before are still remembered")
	}
}

// A cache that fills when a definition comes has not failed; one that stays empty has.
func TestCacheThatAsksForPatience(t *testing.T) {
	for times, want := range []int{0, 0, 1, 2} {
		ctx, cancel := context.WithCancel(t.Context())
		errs := 0
		s := &Source{options: Options{OnError: func(err error) {
			if apierrors.IsTooManyRequests(err) {
				errs++
			}
		}}}
		from := &reluctant{pages: pages{count: 1, fails: -1}, times: times, willing: cancel}
		wanted := request{resource: "sidecarsets", optional: true, first: &firstList{}}
		_ = reflector(s, from, wanted, &metav1.PartialObjectMetadata{}, &sink[string]{}).ListAndWatchWithContext(ctx)
		if ctx.Err() == nil || errs != want {
			t.Errorf("asked for patience %d times: %d errors, want %d", times, errs, want)
		}
		cancel()
	}
}

// reluctant asks for patience so many times, and is gone then, for which a reflector asks for the same again.
type reluctant struct {
	pages
	times   int
	willing func()
}

func (r *reluctant) Watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	if r.times--; r.times >= 0 {
		r.asked = 0
		return r.pages.Watch(ctx, options)
	}
	r.willing()
	return nil, syscall.ECONNREFUSED
}

func TestWhyUnreadyReadsEveryPage(t *testing.T) {
	unread := errors.New("unread")
	for _, test := range []struct {
		name  string
		fails int // page
		want  error
		asked int
	}{
		{name: "all can be read", fails: -1, asked: 3},
		{name: "the first cannot", fails: 0, want: unread, asked: 1},
		{name: "the last cannot", fails: 2, want: unread, asked: 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			from := &pages{count: 3, fails: test.fails, err: unread}
			if err := whyUnready(t.Context(), from); !errors.Is(err, test.want) || from.asked != test.asked {
				t.Errorf("got %v after %d pages, want %v after %d", err, from.asked, test.want, test.asked)
			}
		})
	}
}

// pages is a client that lists empty pages, one of which may fail, and whose watches find a cache that is not there.
type pages struct {
	count, fails, asked int
	err                 error
}

func (p *pages) List(_ context.Context, options metav1.ListOptions) (*metav1.PartialObjectMetadataList, error) {
	page := p.asked
	p.asked++
	if options.Limit == 0 || page > 0 && options.Continue != fmt.Sprint(page) {
		return nil, fmt.Errorf("page %d was asked for by %+v", page, options)
	}
	if page == p.fails {
		return nil, p.err
	}
	list := &metav1.PartialObjectMetadataList{}
	if page+1 < p.count {
		list.Continue = fmt.Sprint(page + 1)
	}
	return list, nil
}

func (p *pages) Watch(context.Context, metav1.ListOptions) (watch.Interface, error) {
	return nil, apierrors.NewTooManyRequests("storage is (re)initializing", 30)
}
