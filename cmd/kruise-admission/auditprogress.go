package main

// How far a long scan has come, for a person who waits.

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"
)

const (
	// progressAfter is how long a scan must take before anything is said.
	progressAfter = time.Second
	// progressWidth is the length of the bar in characters.
	progressWidth = 30
)

// progress draws one bar that grows, and removes it at the end. To what is no terminal it writes nothing.
type progress struct {
	out   io.Writer // nil: nothing is written
	now   func() time.Time
	began time.Time
	pods  int
	total int // about; 0: not known
	shown bool
}

func newProgress(out io.Writer) *progress {
	p := &progress{now: time.Now}
	if isTerminal(out) {
		p.out = out
	}
	return p
}

// start begins a scan of about as many pods as count says, which is asked only when there is somebody to see it.
func (p *progress) start(count func() int) {
	p.began, p.pods, p.total = p.now(), 0, 0
	if p.out != nil {
		p.total = count()
	}
}

func (p *progress) add(pods int) {
	p.pods += pods
	if p.out == nil || p.now().Sub(p.began) < progressAfter {
		return
	}
	p.shown = true
	if p.total == 0 {
		_, _ = fmt.Fprintf(p.out, "\rlooked at %d pods", p.pods)
		return
	}
	p.total = max(p.total, p.pods) // some may have come meanwhile
	done := progressWidth * p.pods / p.total
	_, _ = fmt.Fprintf(p.out, "\r[%s%s] %d of %d pods", strings.Repeat("#", done), strings.Repeat(".", progressWidth-done), p.pods, p.total)
}

func (p *progress) stop() {
	if p.shown {
		_, _ = fmt.Fprint(p.out, "\r\x1b[K")
		p.shown = false
	}
}

// countPods is about how many pods there are: those that have finished count, too, because an API server counts only lists without selectors. 0 when
// it does not say.
func countPods(ctx context.Context, client metadata.Interface, namespace string) int {
	list, err := client.Resource(corev1.SchemeGroupVersion.WithResource("pods")).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: 1})
	if err != nil || list.RemainingItemCount == nil {
		return 0 // the scan itself will say what is wrong
	}
	return len(list.Items) + int(*list.RemainingItemCount)
}
