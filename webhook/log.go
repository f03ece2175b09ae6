package webhook

import (
	"log"
	"strings"

	"github.com/go-logr/logr"
)

// logHTTPErrors carries what net/http reports (failed handshakes, mostly: any pod may knock) to the structured log at debug level.
func logHTTPErrors(logger logr.Logger) *log.Logger {
	return log.New(httpErrorWriter{logger}, "", 0)
}

type httpErrorWriter struct{ logger logr.Logger }

func (w httpErrorWriter) Write(line []byte) (int, error) {
	w.logger.V(1).Info("connection failed", "error", strings.TrimSpace(string(line)))
	return len(line), nil
}
