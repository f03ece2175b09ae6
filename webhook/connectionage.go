package webhook

import (
	"context"
	"math/rand/v2"
	"net"
	"time"
)

// An API server keeps its connections for as long as they are in use, and each leads to one replica: a replica that starts later would
// get only what is opened anew, which under steady load is nothing. So the answer to the first review after a connection's time ends it.
// Only an answer may: a POST that meets a connection which the server has closed is lost.

type connectionAge struct{}

// withConnectionAge gives every connection a time to live between three and five quarters of about, so that those that were opened
// together do not end together. It fits http.Server.ConnContext.
func withConnectionAge(about time.Duration) func(context.Context, net.Conn) context.Context {
	return func(ctx context.Context, _ net.Conn) context.Context {
		lifetime := about/4*3 + rand.N(about/2+1)
		return context.WithValue(ctx, connectionAge{}, time.Now().Add(lifetime))
	}
}

// outlived tells whether the time of the connection on which a request came is over.
func outlived(ctx context.Context) bool {
	end, ok := ctx.Value(connectionAge{}).(time.Time)
	return ok && !time.Now().Before(end)
}
