package pods

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
)

// pages is an API server that answers lists of pods one after the other, and remembers the tokens with which they were asked for.
type pages struct {
	t       *testing.T
	answers []any // *metav1.PartialObjectMetadataList or *apierrors.StatusError
	asked   []string
}

// ServeHTTP implements http.Handler.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	if r.URL.Path != "/api/v1/namespaces/shop/pods" || query.Get("limit") != "500" || query.Get("fieldSelector") != unfinished {
		p.t.Errorf("asked for %s, which is not bounded as it should be", r.URL)
	}
	p.asked = append(p.asked, query.Get("continue"))
	answer := p.answers[0]
	p.answers = p.answers[1:]
	w.Header().Set("Content-Type", "application/json")
	if failure, ok := answer.(*apierrors.StatusError); ok {
		failure.ErrStatus.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}
		w.WriteHeader(int(failure.ErrStatus.Code))
		answer = failure.ErrStatus
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		p.t.Error(err)
	}
}

func (p *pages) reader() *Reader {
	server := httptest.NewServer(p)
	p.t.Cleanup(server.Close)
	client, err := metadata.NewForConfig(&rest.Config{Host: server.URL})
	if err != nil {
		p.t.Fatal(err)
	}
	return NewReader(client)
}

func pageOf(next string, names ...string) *metav1.PartialObjectMetadataList {
	list := &metav1.PartialObjectMetadataList{
		TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadataList"}, ListMeta: metav1.ListMeta{Continue: next},
	}
	for _, name := range names {
		list.Items = append(list.Items, metav1.PartialObjectMetadata{
			TypeMeta:   metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadata"},
			ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name},
		})
	}
	return list
}

func TestEachVisitsAllPages(t *testing.T) {
	expired := apierrors.NewResourceExpired("compacted")
	expired.ErrStatus.Continue = "newer"
	p := &pages{t: t, answers: []any{pageOf("second", "a", "b"), expired, pageOf("third", "c"), pageOf("", "d")}}
	var names []string
	err := p.reader().Each(t.Context(), "shop", func(page [][]byte) error {
		for _, raw := range page {
			var pod metav1.PartialObjectMetadata
			if err := json.Unmarshal(raw, &pod); err != nil || pod.Kind != "" {
				t.Errorf("%v: %s", err, raw)
			}
			names = append(names, pod.Name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b", "c", "d"}, names); diff != "" {
		t.Errorf("visited (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"", "second", "newer", "third"}, p.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestEachEnds(t *testing.T) {
	broken := errors.New("enough")
	twice := apierrors.NewResourceExpired("compacted")
	twice.ErrStatus.Continue = "same"
	for name, answers := range map[string][]any{
		"when a list fails":                    {apierrors.NewForbidden(metav1.SchemeGroupVersion.WithResource("pods").GroupResource(), "", nil)},
		"when the visitor fails":               {pageOf("next", "a")},
		"when a token expires without another": {apierrors.NewResourceExpired("compacted")},
		"when a token expires again":           {twice, twice},
	} {
		t.Run(name, func(t *testing.T) {
			err := (&pages{t: t, answers: answers}).reader().Each(t.Context(), "shop", func([][]byte) error { return broken })
			if err == nil || (name == "when the visitor fails") != errors.Is(err, broken) {
				t.Errorf("error %v", err)
			}
		})
	}
}
