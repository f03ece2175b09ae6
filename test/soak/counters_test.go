package soak

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"k8s.io/client-go/kubernetes"
)

// counters are what the API server itself counted of its calls of the pod webhook since it started.
type counters struct {
	// failed are calls without a decision for an answer, each of which refused a pod.
	failed int
	// open are pods that were let through without an answer. With failurePolicy Fail there must be none.
	open int
	// called are all calls.
	called int
}

func readCounters(ctx context.Context, client kubernetes.Interface) (counters, error) {
	text, err := client.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return counters{}, err
	}
	var c counters
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		series, text, _ := strings.Cut(lines.Text(), "} ")
		if !strings.Contains(series, `name="mpod.kb.io"`) {
			continue
		}
		name, labels, _ := strings.Cut(series, "{")
		var sum *int
		switch name {
		case "apiserver_admission_webhook_rejection_count":
			if strings.Contains(labels, `error_type="no_error"`) {
				continue // a decision
			}
			sum = &c.failed
		case "apiserver_admission_webhook_fail_open_count":
			sum = &c.open
		case "apiserver_admission_webhook_request_total":
			sum = &c.called
		default:
			continue
		}
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return counters{}, fmt.Errorf("%s: %w", series, err)
		}
		*sum += int(value)
	}
	return c, lines.Err()
}
