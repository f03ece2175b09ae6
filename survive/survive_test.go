package survive_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"

	"github.com/kruise-admission/kruise-admission/internal/panics"
	"github.com/kruise-admission/kruise-admission/survive"
)

func TestTry(t *testing.T) {
	panics.Expect(t)
	failed, nothing := errors.New("failed"), strings.Fields("")
	for name, test := range map[string]struct {
		do   func() error
		want error
		log  string // what it says, empty for nothing
	}{
		"well":          {do: func() error { return nil }},
		"an error":      {do: func() error { return failed }, want: failed},
		"a panic":       {do: func() error { panic("secret") }, want: survive.ErrPanicked, log: "panic with a value of type string"},
		"a panic of Go": {do: func() error { return errors.New(nothing[0]) }, want: survive.ErrPanicked, log: "index out of range"},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			log := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
			before := survive.Count()
			if err := survive.Try(logr.NewContext(t.Context(), log), test.do); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
			said := strings.Join(lines, "\n")
			switch panicked := test.log != ""; {
			case !panicked && (said != "" || survive.Count() != before):
				t.Errorf("%d panics counted, and the log says %s", survive.Count()-before, said)
			case panicked && survive.Count() != before+1:
				t.Errorf("%d panics counted, want 1", survive.Count()-before)
			case panicked && (!strings.Contains(said, test.log) || !strings.Contains(said, "survive_test.go") || strings.Contains(said, "secret")):
				t.Errorf("the log should say %q and where, and nothing of the value: %s", test.log, said)
			}
		})
	}
}

// Whoever does not ask for it gets the crash.
func TestNothingIsHiddenFromTests(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a panic was survived in a program that has not asked for it")
		}
	}()
	_ = survive.Try(t.Context(), func() error { panic("mistake") })
}

// client-go calls our handlers on goroutines of its own.
func TestInformersSurvive(t *testing.T) {
	panics.Expect(t)
	client := fake.NewClientset(
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "a"}}, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "b"}})
	informer := informers.NewSharedInformerFactory(client, 0).Core().V1().Namespaces().Informer()
	seen := make(chan string, 2)
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{AddFunc: func(object any) {
		name := object.(*corev1.Namespace).Name
		seen <- name
		panic("mistake")
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		informer.RunWithContext(ctx)
	}()
	if first, second := <-seen, <-seen; first == second {
		t.Errorf("%s was seen twice", first)
	}
	stop()
	<-ended
}
