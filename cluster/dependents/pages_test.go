package dependents

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestReadingStopsAtTheFirstLiveObject holds for all look-ups: how much is read, what is found, and that it is read in pages.
func TestReadingStopsAtTheFirstLiveObject(t *testing.T) {
	for name, l := range lookups {
		for _, c := range []struct {
			about     string
			objects   []stored
			wantNames int
			wantMore  bool
			wantReads int
		}{
			{about: "nothing", wantReads: 1},
			{about: "one page of terminating objects", objects: pages(1, l.phase, never), wantReads: 1},
			{about: "5 pages of terminating objects", objects: pages(5, l.phase, never), wantReads: 5},
			{about: "a live object on the only page", objects: pages(1, l.phase, func(i int) bool { return i == 7 }), wantNames: 1, wantReads: 1},
			{about: "all live, one page", objects: pages(1, l.phase, func(int) bool { return true }), wantNames: firstPage, wantReads: 1},
			{about: "all live, 5 pages", objects: pages(5, l.phase, func(int) bool { return true }), wantNames: firstPage, wantMore: true, wantReads: 1},
			{about: "a live object on the second of three pages", objects: pages(3, l.phase, func(i int) bool { return i == firstPage }), wantNames: 1, wantMore: true, wantReads: 2},
			{about: "a live object at the very end", objects: pages(3, l.phase, func(i int) bool { return i == firstPage+2*laterPage-1 }), wantNames: 1, wantReads: 3},
		} {
			t.Run(name+"/"+c.about, func(t *testing.T) {
				server, live := newAPIServer(t)
				server.lists[l.path] = c.objects
				names, more, err := l.find(live, context.Background())
				if err != nil {
					t.Fatal(err)
				}
				if l.few && c.wantNames > enough {
					c.wantNames, c.wantMore = enough, true
				}
				if len(names) != c.wantNames || more != c.wantMore || len(server.seen()) != c.wantReads {
					t.Errorf("%d names, more %t after %d reads; want %d, %t, %d",
						len(names), more, len(server.seen()), c.wantNames, c.wantMore, c.wantReads)
				}
				for i, r := range server.seen() {
					limit := "500"
					if i == 0 {
						limit = "100"
					}
					if r.URL.Path != l.path || r.URL.Query().Get("limit") != limit {
						t.Errorf("read %s, want limit %s", r.URL, limit)
					}
					if metadataOnly := strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList"); metadataOnly == l.whole {
						t.Errorf("read %s with Accept %s", r.URL, r.Header.Get("Accept"))
					}
				}
			})
		}
	}
}

func TestNames(t *testing.T) {
	for name, l := range lookups {
		t.Run(name, func(t *testing.T) {
			server, live := newAPIServer(t)
			objects := []stored{object("a", l.phase, false), object("b", l.phase, false)}
			server.lists[l.path] = objects
			got, _, err := l.find(live, context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{l.name(objects[0]), l.name(objects[1])}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExpiredTokenStartsAgainOnce(t *testing.T) {
	expire := func(w http.ResponseWriter) bool {
		writeStatus(w, apierrors.NewResourceExpired("the provided continue parameter is too old"))
		return true
	}
	for name, l := range lookups {
		t.Run(name+"/then found", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.lists[l.path] = pages(3, l.phase, func(i int) bool { return i == firstPage+laterPage })
			server.intercept = func(n int, w http.ResponseWriter, _ *http.Request) bool { return n == 3 && expire(w) }
			names, _, err := l.find(live, context.Background())
			if err != nil || len(names) != 1 {
				t.Fatalf("got %v, %v", names, err)
			}
			if third, fourth := server.seen()[2].URL.Query(), server.seen()[3].URL.Query(); !third.Has("continue") || fourth.Has("continue") {
				t.Errorf("after an expired token %v, read %v", third, fourth)
			}
			if len(server.seen()) != 5 {
				t.Errorf("%d reads", len(server.seen()))
			}
		})
		t.Run(name+"/then expired again", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.lists[l.path] = pages(3, l.phase, never)
			server.intercept = func(_ int, w http.ResponseWriter, r *http.Request) bool {
				return r.URL.Query().Has("continue") && expire(w)
			}
			names, _, err := l.find(live, context.Background())
			if !apierrors.IsResourceExpired(err) || names != nil {
				t.Errorf("got %v, %v", names, err)
			}
		})
		t.Run(name+"/without a token", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.intercept = func(_ int, w http.ResponseWriter, _ *http.Request) bool { return expire(w) }
			if names, _, err := l.find(live, context.Background()); !apierrors.IsResourceExpired(err) || names != nil {
				t.Errorf("got %v, %v", names, err)
			}
			if len(server.seen()) != 1 {
				t.Errorf("%d reads", len(server.seen()))
			}
		})
	}
}

// A look-up that does not come to its end is an error, and never "nothing there".
func TestUnfinishedReadingIsAnError(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "", errors.New("no rights"))
	for name, l := range lookups {
		t.Run(name+"/forbidden", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.intercept = func(_ int, w http.ResponseWriter, _ *http.Request) bool { writeStatus(w, forbidden); return true }
			if names, more, err := l.find(live, context.Background()); !apierrors.IsForbidden(err) || names != nil || more {
				t.Errorf("got %v, %t, %v", names, more, err)
			}
		})
		t.Run(name+"/forbidden on the second page", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.lists[l.path] = pages(2, l.phase, never)
			server.intercept = func(n int, w http.ResponseWriter, _ *http.Request) bool {
				if n == 2 {
					writeStatus(w, forbidden)
				}
				return n == 2
			}
			if names, more, err := l.find(live, context.Background()); !apierrors.IsForbidden(err) || names != nil || more {
				t.Errorf("got %v, %t, %v", names, more, err)
			}
		})
		t.Run(name+"/not served", func(t *testing.T) {
			_, live := newAPIServer(t)
			if names, _, err := l.find(live, context.Background()); !apierrors.IsNotFound(err) || names != nil {
				t.Errorf("got %v, %v", names, err)
			}
		})
		t.Run(name+"/not JSON", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.intercept = func(_ int, w http.ResponseWriter, _ *http.Request) bool {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte("<html>"))
				return true
			}
			if names, _, err := l.find(live, context.Background()); err == nil {
				t.Errorf("got %v", names)
			}
		})
		t.Run(name+"/the second page is slower than the deadline", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.lists[l.path] = pages(2, l.phase, never)
			server.intercept = func(n int, _ http.ResponseWriter, r *http.Request) bool {
				if n == 2 {
					<-r.Context().Done() // until the client gives up
				}
				return n == 2
			}
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			if names, more, err := l.find(live, ctx); !errors.Is(err, context.DeadlineExceeded) || names != nil || more {
				t.Errorf("got %v, %t, %v", names, more, err)
			}
		})
		t.Run(name+"/the deadline is over", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.lists[l.path] = nil
			ctx, cancel := context.WithDeadline(context.Background(), time.Time{})
			defer cancel()
			if names, _, err := l.find(live, ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v, %v", names, err)
			}
		})
		t.Run(name+"/the server is gone", func(t *testing.T) {
			server, live := newAPIServer(t)
			server.Close()
			if names, _, err := l.find(live, context.Background()); err == nil {
				t.Errorf("got %v", names)
			}
		})
	}
}
