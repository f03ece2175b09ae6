package manifests

import (
	"context"
	"errors"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/kruise-admission/kruise-admission/cluster"
	"github.com/kruise-admission/kruise-admission/survive"
)

const (
	// RereadEvery is how often everything is read again even though no event said that it changed.
	RereadEvery = 30 * time.Second
	// settleTime is how long files must have been the same to be believed. One change is often several: files are emptied before they are
	// written, in pieces, and a checkout touches many. A file that is empty for a moment must not take its SidecarSets away for a moment.
	settleTime = 100 * time.Millisecond
)

// Options says what to read.
type Options struct {
	// Paths are files and folders. At least one is required.
	Paths []string
	// Namespace is the server's namespace, the one that holds ControllerRevisions and settings. Default: they count wherever they are.
	Namespace string
	// Prepare does to the JSON of a SidecarSet what the API server and admission would have done before it was stored: defaults of the
	// schema, defaults of the webhook, hash annotations, and, if wanted, validation. It gets v1beta1, whatever the file says, and returns
	// v1beta1. Its error makes the document a broken one. Default: SidecarSets are taken as they are.
	Prepare func(sidecarSet []byte) ([]byte, error)
	// OnLoad is told what the view holds, after every time that something new was read and was good. Default: nobody is told.
	OnLoad func(Summary)
	// OnError is told, after the start, why a change was not taken over, and when events of the file system cannot be had. Calls never
	// overlap. Default: nobody is told.
	OnError func(error)
	// Clock tells when to read again. Default: the real one.
	Clock clock.WithTicker
}

// Source is the [cluster.Source] that reads files. Make it with [New].
type Source struct {
	cluster.View
	store   *cluster.Store
	options Options
	// believed is the fingerprint of what was taken for the state of the files last, good or bad.
	believed string
	// candidate is the fingerprint of something newer, if it stays.
	candidate string
}

var _ cluster.Source = (*Source)(nil)

// New returns a source that has read nothing yet.
func New(options Options) *Source {
	if options.OnLoad == nil {
		options.OnLoad = func(Summary) {}
	}
	if options.OnError == nil {
		options.OnError = func(error) {}
	}
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	store := cluster.NewStore(anyNamespace)
	return &Source{View: store, store: store, options: options}
}

// Read reads once, for tests and programs that ask and end.
func Read(options Options) (cluster.View, error) {
	source := New(options)
	if err := source.load(context.Background()); err != nil {
		return nil, err
	}
	return source.View, nil
}

// anyNamespace lets every namespace exist.
func anyNamespace(_ context.Context, name string) (map[string]string, bool, error) {
	return namespaceLabels(name, nil), true, nil
}

// Synced implements [cluster.Source].
func (s *Source) Synced() bool { return s.store.Synced() }

// OnChange implements [cluster.Source].
func (s *Source) OnChange(listener func(sidecarSets []string)) { s.store.OnChange(listener) }

// Run implements [cluster.Source]. It returns an error when what is there at the start is not all good.
func (s *Source) Run(ctx context.Context) error {
	// Watching begins before reading, so that no change falls between the two.
	events := newEvents(s.options.Paths)
	defer events.close()
	if err := s.load(ctx); err != nil {
		return err
	}
	if events.err != nil {
		s.options.OnError(events.err)
	}
	s.store.Filled()
	var delivery sync.WaitGroup
	delivery.Go(func() { s.store.Deliver(ctx) })
	defer delivery.Wait()

	reread := s.options.Clock.NewTicker(RereadEvery)
	defer reread.Stop()
	var look <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-events.changed:
			// Not started anew by each further event: those of files that are not read would keep it from ever ending.
			if look == nil {
				look = s.options.Clock.After(settleTime)
			}
			continue
		case <-look:
			look = nil
		case <-reread.C():
			if look != nil {
				continue // it comes soon, but not sooner than settleTime after the reading that it is to confirm
			}
		}
		// A folder that was replaced by another of the same name has lost its watch. If there is none, reload says why.
		_ = events.watch()
		if s.reload(ctx) {
			look = s.options.Clock.After(settleTime)
		}
	}
}

// load reads everything for the first time.
func (s *Source) load(ctx context.Context) error {
	if len(s.options.Paths) == 0 {
		return errors.New("no manifests path is given: name at least one file or folder")
	}
	files, err := readFiles(s.options.Paths)
	s.believed = fingerprint(files, err)
	return s.take(ctx, files, err)
}

// reload reads everything again and takes it over when it is new and was the same at the reading before. It returns true when it is new
// and has to be looked at again.
func (s *Source) reload(ctx context.Context) bool {
	files, err := readFiles(s.options.Paths)
	found := fingerprint(files, err)
	if found == s.believed {
		// Whether it is good or bad has been said.
		s.candidate = ""
		return false
	}
	if found != s.candidate {
		s.candidate = found
		return true
	}
	s.believed, s.candidate = found, ""
	if err := s.take(ctx, files, err); err != nil {
		s.options.OnError(err)
	}
	return false
}

// take puts what was read in the place of all that the view held, if all of it is good.
func (s *Source) take(ctx context.Context, files []file, err error) error {
	if err != nil {
		return err
	}
	var view cluster.Change
	var summary Summary
	err = survive.Try(ctx, func() (err error) {
		view, summary, err = collect(files, s.options)
		return err
	})
	if err != nil {
		return err
	}
	s.store.Apply(view)
	s.options.OnLoad(summary)
	return nil
}
