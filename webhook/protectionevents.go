package webhook

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	eventsclient "k8s.io/client-go/kubernetes/typed/events/v1"

	"github.com/kruise-admission/kruise-admission/protection"
)

const (
	// breakGlassReason is the reason of the Events.
	breakGlassReason = "DeleteProtectionBreakGlass"
	// eventTimeout is how long an Event may hold up the request that it is about.
	eventTimeout = 2 * time.Second
	// maxNote is the longest note that the API server takes.
	maxNote = 1024
)

// EventRecorder writes uses of break-glass as Events about the objects. It writes before the answer goes out, so that none is
// forgotten when the server stops, and each one: a recorder that drops what repeats is no record.
type EventRecorder struct {
	// Client writes the Events.
	Client eventsclient.EventsGetter
	// Instance names this process in them, such as the name of its pod.
	Instance string
	// Now is the time.
	Now func() time.Time
}

var _ BreakGlassRecorder = (*EventRecorder)(nil)

// Record implements BreakGlassRecorder. Events about what is in no namespace go to the namespace default, as Kubernetes wants it.
func (r *EventRecorder) Record(ctx context.Context, use protection.BreakGlass) error {
	ctx, cancel := context.WithTimeout(ctx, eventTimeout)
	defer cancel()
	namespace := use.Namespace
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	note := fmt.Sprintf("user %q went past delete protection by %s: %s", use.User, use.Why, use.Refusal)
	if len(note) > maxNote {
		note = strings.ToValidUTF8(note[:maxNote], "")
	}
	_, err := r.Client.Events(namespace).Create(ctx, &eventsv1.Event{
		ObjectMeta:          metav1.ObjectMeta{Namespace: namespace, GenerateName: "break-glass-"},
		EventTime:           metav1.NewMicroTime(r.Now()),
		ReportingController: "kruise-admission",
		ReportingInstance:   r.Instance,
		Action:              use.Operation,
		Reason:              breakGlassReason,
		Type:                corev1.EventTypeWarning,
		Note:                note,
		Regarding: corev1.ObjectReference{
			APIVersion: use.APIVersion, Kind: use.Kind, Namespace: use.Namespace, Name: use.Name, UID: use.UID,
		},
	}, metav1.CreateOptions{})
	return err
}
