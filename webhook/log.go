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

// maxQuoted is how much of a text from a request is repeated in logs and errors: more than any name in Kubernetes has. Without a bound
// whoever reaches the port fills the disk with log lines of megabytes.
const maxQuoted = 256

// short cuts a text from a request for logs and errors.
func short(text string) string { return cut(text, maxQuoted) }

// cut bounds a text to about so many bytes, and marks that something is missing.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "..."
}
