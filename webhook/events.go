package webhook

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	eventsclient "k8s.io/client-go/kubernetes/typed/events/v1"
)

const (
	// eventTimeout is how long an Event may hold up the request that it is about.
	eventTimeout = 2 * time.Second
	// maxNote is the longest note that the API server takes.
	maxNote = 1024
)

// EventRecorder writes what happened as Events about the objects. It writes before the answer goes out, so that none is forgotten when the
// server stops.
type EventRecorder struct {
	// Client writes the Events.
	Client eventsclient.EventsGetter
	// Instance names this process in them, such as the name of its pod.
	Instance string
	// Now is the time.
	Now func() time.Time
}

// write creates a warning. Name or generateName, action, reason, note and regarding are the caller's. Events about what is in no
// namespace go to the namespace default, as Kubernetes wants it.
func (r *EventRecorder) write(ctx context.Context, event *eventsv1.Event) error {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	if event.Namespace = event.Regarding.Namespace; event.Namespace == "" {
		event.Namespace = metav1.NamespaceDefault
	}
	if len(event.Note) > maxNote {
		event.Note = strings.ToValidUTF8(event.Note[:maxNote], "")
	}
	event.EventTime = metav1.NewMicroTime(r.Now())
	event.ReportingController, event.ReportingInstance = "kruise-admission", r.Instance
	event.Type = corev1.EventTypeWarning
	_, err := r.Client.Events(event.Namespace).Create(ctx, event, metav1.CreateOptions{})
	return err
}
