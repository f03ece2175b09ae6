package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"
	"github.com/go-logr/logr"
	"k8s.io/utils/clock"

	"github.com/kruise-admission/kruise-admission/survive"
)

// rereadInterval is how often files are read again although no event came: inotify says nothing on some network file
// systems, and nothing about the target of a symbolic link.
const rereadInterval = 10 * time.Second

// FilesOptions say where certificate and key are.
type FilesOptions struct {
	// CertFile holds the certificate, followed by its intermediates, and KeyFile its private key; both PEM.
	CertFile, KeyFile string
	// Configurations, when given, are watched, so that Healthy can tell whether API servers accept the certificate.
	// Nothing is written to them: whoever writes the files also publishes the CA.
	Configurations *Configurations
	// Log receives what is loaded, and why something cannot be. Default: nothing.
	Log logr.Logger
	// Clock tells the time. Default: the real one.
	Clock clock.Clock
}

// Files is the source that reads what somebody else (an operator, cert-manager through a Secret volume) puts on disk.
type Files struct {
	options  FilesOptions
	patience patience
	serving  atomic.Pointer[tls.Certificate]

	reading sync.Mutex
	loaded  [2][]byte // certificate and key that serve now
	problem error     // why the files cannot be used as they are now; nil when they can
}

// NewFiles reads the files once. That they cannot be used yet is no error here, because a Secret volume may be filled
// later: Healthy says it until they can.
func NewFiles(options FilesOptions) (*Files, error) {
	if options.CertFile == "" || options.KeyFile == "" {
		return nil, fmt.Errorf("certificate file %q and key file %q must both be given", options.CertFile, options.KeyFile)
	}
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	f := &Files{options: options}
	f.reload(context.Background())
	return f, nil
}

// GetCertificate implements Source.
func (f *Files) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if serving := f.serving.Load(); serving != nil {
		return serving, nil
	}
	return nil, ErrNoCertificate
}

// Healthy implements HealthChecker. Files that went bad while a good certificate is in use do not make the server
// unhealthy; they are logged, and named once the certificate expires.
func (f *Files) Healthy() error {
	err := f.check()
	f.reading.Lock()
	defer f.reading.Unlock()
	if err != nil && f.problem != nil {
		return fmt.Errorf("%w (%w)", err, f.problem)
	}
	return err
}

func (f *Files) check() error {
	serving := f.serving.Load()
	if serving == nil {
		return ErrNoCertificate
	}
	if err := validNow(serving, f.options.Clock.Now()); err != nil {
		return fmt.Errorf("certificate file %s: %w", f.options.CertFile, err)
	}
	if f.options.Configurations == nil {
		return nil
	}
	return f.patience.judge(f.options.Configurations.Verify(serving), f.options.Clock.Now())
}

// Run implements Source.
func (f *Files) Run(ctx context.Context) error {
	var running sync.WaitGroup
	defer running.Wait()
	if f.options.Configurations != nil {
		running.Go(func() { f.options.Configurations.Run(ctx) })
	}
	// Without inotify the nil channels below never fire, and reading at intervals alone has to do.
	var events chan fsnotify.Event
	var faults chan error
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		f.options.Log.Error(err, "cannot watch certificate files, reading them at intervals", "interval", rereadInterval)
	} else {
		events, faults = watcher.Events, watcher.Errors
		defer func() { _ = watcher.Close() }()
	}
	for {
		f.watch(watcher)
		f.reload(ctx)
		timer := f.options.Clock.NewTimer(rereadInterval)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-events:
		case <-faults: // events were lost
		case <-timer.C():
		}
		timer.Stop()
	}
}

// watch watches the folders of the files. Folders and not files, because a Secret volume changes by the swap of a
// symbolic link beside them. It is called again and again: a folder that is replaced loses its watch, and one that
// did not exist has none.
func (f *Files) watch(watcher *fsnotify.Watcher) {
	if watcher == nil {
		return
	}
	for _, file := range []string{f.options.CertFile, f.options.KeyFile} {
		if err := watcher.Add(filepath.Dir(file)); err != nil {
			f.options.Log.V(1).Info("cannot watch folder", "folder", filepath.Dir(file), "reason", err.Error())
		}
	}
}

// reload serves what is on disk, if it is good. Otherwise it reports the fault once and goes on with what it has.
func (f *Files) reload(ctx context.Context) {
	f.reading.Lock()
	defer f.reading.Unlock()
	err := survive.Try(ctx, f.load)
	if err != nil && (f.problem == nil || f.problem.Error() != err.Error()) {
		f.options.Log.Error(err, "cannot use the certificate files", "lastGoodInUse", f.serving.Load() != nil)
	}
	f.problem = err
}

func (f *Files) load() error {
	certPEM, certErr := os.ReadFile(f.options.CertFile)
	keyPEM, keyErr := os.ReadFile(f.options.KeyFile)
	if errors.Is(certErr, fs.ErrNotExist) {
		return fmt.Errorf("certificate file %s does not exist: the Secret behind it has not been issued yet; with cert-manager, `kubectl describe certificate` says why",
			f.options.CertFile)
	}
	if err := errors.Join(certErr, keyErr); err != nil {
		return fmt.Errorf("read certificate and key: %w", err)
	}
	if bytes.Equal(certPEM, f.loaded[0]) && bytes.Equal(keyPEM, f.loaded[1]) {
		return nil
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return fmt.Errorf("certificate file %s and key file %s: %w", f.options.CertFile, f.options.KeyFile, err)
	}
	now, serving := f.options.Clock.Now(), f.serving.Load()
	if err := validNow(&pair, now); err != nil && serving != nil && validNow(serving, now) == nil {
		return fmt.Errorf("certificate file %s: %w", f.options.CertFile, err)
	}
	f.serving.Store(&pair)
	f.loaded = [2][]byte{certPEM, keyPEM}
	f.options.Log.Info("serving the certificate from files", "certFile", f.options.CertFile,
		"serial", pair.Leaf.SerialNumber.Text(16), "notAfter", pair.Leaf.NotAfter)
	return nil
}

// validNow reports whether the clock alone makes certificate unacceptable.
func validNow(certificate *tls.Certificate, now time.Time) error {
	switch leaf := certificate.Leaf; {
	case now.After(leaf.NotAfter):
		return fmt.Errorf("the certificate expired at %s; renew it", leaf.NotAfter.UTC().Format(time.RFC3339))
	case now.Before(leaf.NotBefore):
		return fmt.Errorf("the certificate is not valid before %s", leaf.NotBefore.UTC().Format(time.RFC3339))
	}
	return nil
}

var (
	_ Source        = (*Files)(nil)
	_ HealthChecker = (*Files)(nil)
)
