package certs

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"time"
)

// snapshot is what is known of all targets at one time.
type snapshot struct {
	identity Identity
	objects  []observed
}

// observed is one target of a snapshot.
type observed struct {
	target          *target
	synced          bool
	exists          bool
	resourceVersion string
	configs         []clientConfig
	foreign         int
	// injectFrom is the Certificate from which cert-manager should take the caBundles; empty when nobody asked it.
	injectFrom string
}

// observe takes a snapshot.
func (c *Configurations) observe() snapshot {
	s := snapshot{identity: c.identity}
	for _, t := range c.targets {
		latest := t.latest.Load()
		o := observed{target: t, synced: latest != nil}
		if latest != nil && latest.object != nil {
			o.exists, o.resourceVersion = true, latest.object.GetResourceVersion()
			o.configs, o.foreign = clientConfigs(latest.object, c.identity)
			o.injectFrom = latest.object.GetAnnotations()[InjectAnnotation]
		}
		s.objects = append(s.objects, o)
	}
	return s
}

// carries reports whether all targets are known and every client configuration of ours holds exactly bundle.
func (s snapshot) carries(bundle []byte) bool {
	for _, o := range s.objects {
		if !o.synced {
			return false
		}
		for _, config := range o.configs {
			if !bytes.Equal(config.caBundle, bundle) {
				return false
			}
		}
	}
	return true
}

// verify reports the first client configuration of ours that does not accept certificate. There may be none at all.
func (s snapshot) verify(certificate *tls.Certificate, now time.Time) error {
	// All entries normally hold the same bundle, and a verification costs more than all else that readiness asks.
	accepted := map[string]bool{}
	for _, o := range s.objects {
		for _, config := range o.configs {
			question := config.serverName + "\n" + string(config.caBundle)
			if accepted[question] {
				continue
			}
			err := config.verify(certificate, now)
			if errors.Is(err, errNoBundle) && o.injectFrom != "" {
				err = fmt.Errorf("%w: cert-manager's cainjector has not written it yet; it takes it from certificate %s", err, o.injectFrom)
			}
			if err != nil {
				return fmt.Errorf("%s: %s: %w", o.target, config.where, err)
			}
			accepted[question] = true
		}
	}
	return nil
}

// complete reports the first target that is not as it must be for API servers to call us.
func (s snapshot) complete() error {
	for _, o := range s.objects {
		switch {
		case !o.synced && o.target.watchError.Load() != nil:
			return fmt.Errorf("%s cannot be watched: %w", o.target, *o.target.watchError.Load())
		case !o.synced:
			return fmt.Errorf("%s has not been read yet", o.target)
		// One that does not exist is no fault: nobody calls us by it, and it should be installed only when a replica
		// is ready, because until one is it would refuse every pod.
		case o.target.required && len(o.configs) == 0 && o.foreign > 0:
			return fmt.Errorf("%s has no webhook that calls service %s in namespace %s; set clientConfig.service, or the server's service name and namespace",
				o.target, s.identity.Service, s.identity.Namespace)
		}
	}
	return nil
}
