package installation

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/client-go/kubernetes"
)

// Calls are what an API server itself counted of its calls of one entry since it started.
type Calls struct {
	// All are all calls.
	All int
	// Failed are calls without a decision for an answer, each of which refused a request.
	Failed int
	// Open are calls without an answer after which the request went on.
	Open int
}

// ReadCalls reads the counters of an API server, by the names of entries.
func ReadCalls(ctx context.Context, client kubernetes.Interface) (map[string]Calls, error) {
	text, err := client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, err
	}
	calls := map[string]Calls{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		series, text, _ := strings.Cut(lines.Text(), "} ")
		metric, labels, _ := strings.Cut(series, "{")
		_, entry, ok := strings.Cut(labels, `name="`)
		if entry, _, _ = strings.Cut(entry, `"`); !ok || !strings.HasPrefix(metric, "apiserver_admission_webhook_") {
			continue
		}
		sums := calls[entry]
		var sum *int
		switch metric {
		case "apiserver_admission_webhook_rejection_count":
			if strings.Contains(labels, `error_type="no_error"`) {
				continue // a decision
			}
			sum = &sums.Failed
		case "apiserver_admission_webhook_fail_open_count":
			sum = &sums.Open
		case "apiserver_admission_webhook_request_total":
			sum = &sums.All
		default:
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", series, err)
		}
		*sum += int(value)
		calls[entry] = sums
	}
	return calls, lines.Err()
}
