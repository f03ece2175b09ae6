package webhook

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	admissionv1 "k8s.io/api/admission/v1"

	"github.com/kruise-admission/kruise-admission/decision"
	"github.com/kruise-admission/kruise-admission/survive"
)

const (
	// maxBodyBytes is the first body size that is too large: the API server's own limit for a request is 3 MiB, an
	// UPDATE review carries two objects, and OpenKruise refuses from 7 MiB on (recorded case wire-size-at-limit).
	maxBodyBytes = 7 << 20
	// defaultDeadline bounds a review whose caller names no timeout: the API server's own default.
	defaultDeadline = 10 * time.Second
	// maxDeadline is the longest timeout that a webhook configuration may have.
	maxDeadline = 30 * time.Second
	// answerMargin is the part of the deadline kept for carrying the answer back, so that "cannot tell" arrives
	// before the caller has gone away.
	answerMargin = 0.05
)

// reviewHandler serves one endpoint.
type reviewHandler struct {
	endpoint string
	reviewer decision.Reviewer
	// ready says why the server cannot decide yet, nil when it can.
	ready    func() error
	inFlight *limiter
	metrics  *metrics
	tracer   trace.Tracer // nil when reviews are not traced
	log      logr.Logger
	// forgets says that nothing refers to the body of a request when it has been allowed and answered.
	forgets bool
	// forCanary serves the same rule outside the cap and the metrics, and logs at debug level what is no error.
	forCanary *reviewHandler
}

// ServeHTTP answers one AdmissionReview.
func (h *reviewHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if fromCanary(r.Context()) {
		h = h.forCanary
	}
	seen := sight{start: time.Now(), span: noop.Span{}}
	defer func() {
		// A panic anywhere, also in reading the review or in writing the decision down, is an internal error and never an allow. net/http
		// would close the connection without an answer.
		if value := recover(); value != nil {
			h.metrics.panics.WithLabelValues(h.endpoint).Inc()
			h.decided(&seen, outcomeUnable, reasonPanic)
			h.log.Error(survive.Cause(value), "a review made the server panic", "stack", string(debug.Stack()))
			h.unable(w, http.StatusInternalServerError, -1, "internal error: the review made the server panic")
		}
		seen.span.End()
	}()
	ctx := h.startSpan(r, &seen)

	// The body comes first: whoever announces one and never sends it must not take a slot from those who ask.
	body, status, err := readBody(w, r)
	if errors.Is(err, errBodyMemory) {
		h.shed(w, &seen, err.Error())
		return
	}
	if err != nil {
		h.unreadable(w, &seen, status, err)
		return
	}
	if !h.inFlight.acquire() {
		h.shed(w, &seen, "too many reviews are in flight")
		return
	}
	defer h.inFlight.release()
	review, err := decodeReview(body)
	if err != nil {
		h.unreadable(w, &seen, http.StatusBadRequest, err)
		return
	}
	h.metrics.lastReview.SetToCurrentTime()
	seen.operation = string(review.Request.Operation)

	if err := h.ready(); err != nil {
		h.decided(&seen, outcomeUnable, reasonNotReady)
		h.logFor(review.Request).Info("cannot decide yet", "reason", err.Error())
		h.unable(w, http.StatusServiceUnavailable, time.Second, "not ready to decide: "+err.Error())
		return
	}
	limited := withLazyDeadline(ctx, time.Now().Add(deadline(r)))
	defer limited.end()
	d, err := h.reviewer.Review(limited, review.Request)
	if err != nil {
		status, retryAfter := unableStatus(limited, err)
		h.decided(&seen, outcomeUnable, unableReason(limited, err))
		h.logFor(review.Request).Error(err, "cannot decide")
		h.unable(w, status, retryAfter, err.Error())
		return
	}
	room := answerRooms.Get().(*[]byte)
	defer answerRooms.Put(room)
	answer, err := encodeDecision(room, review, d)
	if err != nil {
		h.decided(&seen, outcomeUnable, reasonInternal)
		h.logFor(review.Request).Error(err, "cannot encode a decision")
		h.unable(w, http.StatusInternalServerError, -1, "cannot encode the decision")
		return
	}
	// A caller that does not read holds its answer until the write times out.
	if budget, metered := w.(*exchange); metered && len(answer) > mostAnswerRoom && !budget.take(len(answer)) {
		h.shed(w, &seen, "too much is being answered at once")
		return
	}
	h.decided(&seen, outcomeOf(d), refusalReason(d))
	if !d.Allowed {
		// The message may quote values of the object, so it is for the user and stays out of this log.
		h.logFor(review.Request).Info("refused", "code", d.Code, "reason", d.Reason, "causes", len(d.Causes))
	} else if h.log.V(1).Enabled() {
		h.logFor(review.Request).V(1).Info("allowed", "operations", len(d.Patch), "audit", d.Audit, "warnings", len(d.Warnings))
	}
	writeJSON(w, answer)
	if h.forgets && d.Allowed {
		recycle(body)
	}
}

// logFor is the log with what identifies a request. Most requests have nothing to log, so it is made only for those that have.
func (h *reviewHandler) logFor(request *admissionv1.AdmissionRequest) logr.Logger {
	return h.log.WithValues("operation", short(string(request.Operation)), "namespace", short(request.Namespace), "name", short(request.Name),
		"uid", short(string(request.UID)), "dryRun", request.DryRun != nil && *request.DryRun)
}

// readBody reads the whole body, or says with which code it cannot be taken.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, int32, error) {
	if contentType := r.Header.Get("Content-Type"); contentType != "application/json" {
		return nil, http.StatusBadRequest, fmt.Errorf("content type %q is not supported, expected \"application/json\"", short(contentType))
	}
	body, err := readAtMost(w, r, maxBodyBytes)
	if err != nil {
		return nil, int32(bodyErrorStatus(err)), err
	}
	return body, 0, nil
}

// deadline is how long the rule may take: the caller's ?timeout= less a margin for the way back.
func deadline(r *http.Request) time.Duration {
	limit := defaultDeadline
	if text := askedTimeout(r.URL); text != "" {
		if asked, err := time.ParseDuration(text); err == nil && asked > 0 {
			limit = min(asked, maxDeadline)
		}
	}
	return limit - time.Duration(float64(limit)*answerMargin)
}

// askedTimeout is the query parameter timeout. API servers send nothing else, which needs no parsing.
func askedTimeout(url *url.URL) string {
	if value, ok := strings.CutPrefix(url.RawQuery, "timeout="); ok && !strings.ContainsAny(value, "&;%+") {
		return value
	}
	return url.Query().Get("timeout")
}

// unableStatus chooses the HTTP status of "cannot tell", and after how long asking again may help (negative: never). After the deadline
// nobody can ask again, and 500 is the status whose text the API server passes on to the user.
func unableStatus(ctx context.Context, err error) (int, time.Duration) {
	if ctx.Err() != nil {
		return http.StatusInternalServerError, -1
	}
	if retryAfter, helps := decision.RetryAfter(err); helps {
		return http.StatusServiceUnavailable, retryAfter
	}
	return http.StatusInternalServerError, -1
}

// unable answers "cannot tell". With a Retry-After the API server asks again within its timeout; closing the connection
// gives that second try the chance to reach another replica.
func (h *reviewHandler) unable(w http.ResponseWriter, status int, retryAfter time.Duration, message string) {
	if retryAfter >= 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(retryAfter.Seconds()))))
		w.Header().Set("Connection", "close")
	}
	http.Error(w, message, status)
}

// shed turns a review away that there is no room for.
func (h *reviewHandler) shed(w http.ResponseWriter, seen *sight, message string) {
	h.metrics.shed.Inc()
	seen.ended(outcomeShed)
	h.unable(w, http.StatusServiceUnavailable, time.Second, message)
}

func (h *reviewHandler) unreadable(w http.ResponseWriter, seen *sight, code int32, err error) {
	h.metrics.unreadable.WithLabelValues(h.endpoint).Inc()
	seen.ended(outcomeUnreadable)
	h.log.Info("unreadable review", "code", code, "error", err.Error())
	writeJSON(w, encodeUnreadable(code, err.Error()))
}

// The headers of every answer. net/http copies them and does not change them.
var (
	contentType        = []string{"application/json"}
	contentTypeOptions = []string{"nosniff"}
)

func writeJSON(w http.ResponseWriter, body []byte) {
	header := w.Header()
	header["Content-Type"], header["X-Content-Type-Options"] = contentType, contentTypeOptions
	_, _ = w.Write(body) // a caller that has gone away cannot be told
}
