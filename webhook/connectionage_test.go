package webhook

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"testing"
	"time"
)

// TestUnusedConnectionsLiveAsLongAsIdleOnes: an API server that has opened a connection and not used it yet may use it as late as one that
// it has used before. A server whose patience with headers is shorter than with idle connections would close it first.
func TestUnusedConnectionsLiveAsLongAsIdleOnes(t *testing.T) {
	if apiServer := 90 * time.Second; idleTimeout < 2*apiServer {
		t.Errorf("idle connections are closed after %s; the API server keeps them for %s and must be the one that closes", idleTimeout, apiServer)
	}
	server := NewServer(ServerOptions{}).http()
	for name, timeout := range map[string]time.Duration{
		"ReadHeaderTimeout": server.ReadHeaderTimeout, "ReadTimeout": server.ReadTimeout, "IdleTimeout": server.IdleTimeout,
	} {
		if timeout != idleTimeout {
			t.Errorf("%s is %s, want %s", name, timeout, idleTimeout)
		}
	}
}

// reused sends a request and tells whether it went over a connection that had carried one before, and whether the answer ended it.
func reused(t *testing.T, client *http.Client, url string) (reused, closed bool) {
	t.Helper()
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) { reused = info.Reused },
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/work", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, response.Body) // a body that is not read ends the connection, too
	_ = response.Body.Close()
	return reused, response.Close
}

func TestOldConnectionsEndWithAnAnswer(t *testing.T) {
	t.Run("young", func(t *testing.T) {
		url, client, _, _ := start(t, 0, http.HandlerFunc(Healthz))
		for i := range 3 {
			if again, closed := reused(t, client, url); again != (i > 0) || closed {
				t.Errorf("request %d: reused %t, closed %t; want one connection that stays open", i, again, closed)
			}
		}
	})
	t.Run("old", func(t *testing.T) {
		url, client, _, _ := startWith(t, ServerOptions{ConnectionLifetime: time.Nanosecond}, idleTimeout, http.HandlerFunc(Healthz))
		for i := range 3 {
			if again, closed := reused(t, client, url); again || !closed {
				t.Errorf("request %d: reused %t, closed %t; want that its answer ends its connection", i, again, closed)
			}
		}
	})
}

// TestConnectionsOfOneMomentEndApart: ten thousand lifetimes are spread over half of the lifetime, and none is outside of it.
func TestConnectionsOfOneMomentEndApart(t *testing.T) {
	const about = time.Hour
	age := withConnectionAge(about)
	began := time.Now()
	least, most := 2*about, time.Duration(0)
	for range 10_000 {
		end := age(context.Background(), nil).Value(connectionAge{}).(time.Time)
		least, most = min(least, end.Sub(began)), max(most, end.Sub(began))
	}
	slack := time.Minute // the test itself takes time
	if least < about*3/4 || most > about*5/4+slack {
		t.Errorf("lifetimes from %s to %s, want between 45m and 1h15m", least, most)
	}
	if most-least < about/4 {
		t.Errorf("lifetimes from %s to %s lie too close together", least, most)
	}
}
