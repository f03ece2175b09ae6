package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"github.com/kruise-admission/kruise-admission/api/convert"
	"github.com/kruise-admission/kruise-admission/survive"
	"github.com/kruise-admission/kruise-admission/webhook"
)

func newServeCommand() *cobra.Command {
	options := &serveOptions{}
	command := &cobra.Command{
		Use:   "serve",
		Short: "Serve the admission webhooks",
		Long: "Serve the admission webhooks over HTTPS. In a pod nothing else is needed; outside a cluster give --kubeconfig, or\n" +
			"--manifests to decide by files alone.",
		Example: "  # in a cluster, with its own certificates\n" +
			"  kruise-admission serve\n\n" +
			"  # on a laptop, by manifests\n" +
			"  kruise-admission serve --manifests examples/ --listen-address 127.0.0.1:19443",
		Args: noArguments,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := options.validate(); err != nil {
				return usageError{err}
			}
			log, err := newLogger(options.logLevel, options.logFormat, command.ErrOrStderr())
			if err != nil {
				return usageError{err}
			}
			return serve(command.Context(), options, log)
		},
	}
	options.addFlags(command.Flags())
	completeValues(command, options.complete())
	return command
}

// serve runs until ctx ends and everything is drained.
//
// Whatever a decision needs outlives the listener: the view and the certificate are kept current until the last review
// has been answered.
func serve(ctx context.Context, options *serveOptions, log logr.Logger) error {
	klog.SetLogger(log.WithName("kubernetes"))
	survive.Enable()
	collectLessOften()
	gates, err := webhook.ParseGates(options.featureGates)
	if err != nil {
		return usageError{err}
	}
	// All ports are taken first, so that a port in use is reported before anything else happens.
	ports, err := openListeners(options, log)
	if err != nil {
		return err
	}
	defer ports.close()

	parts, err := assemble(options, gates, log)
	if err != nil {
		return err
	}
	releaseAfterFill(parts.view)
	registry := newRegistry(parts)
	tracer, deliverSpans := newTracer(options.tracingEndpoint, log.WithName("tracing"))
	defer deliverSpans()

	server := webhook.NewServer(webhook.ServerOptions{
		Listener:       ports.webhooks,
		GetCertificate: parts.certificate.GetCertificate,
		MinTLSVersion:  tlsVersions[options.tlsMinVersion],
		DrainDelay:     options.drainDelay,
		Log:            log.WithName("server"),
	})
	for path, handler := range webhook.Handlers(webhook.HandlerOptions{
		Rules: parts.rules, Ready: parts.decidable, MaxInFlight: options.maxInFlight, Registry: registry, Tracer: tracer, Log: log.WithName("review"),
	}) {
		server.Register(path, handler)
	}
	server.Register(webhook.ConvertPath, webhook.NewConvertHandler(convert.Object, log.WithName("convert")))
	server.Register("/healthz", http.HandlerFunc(webhook.Healthz))

	readiness := webhook.NewReadiness()
	coldStart := webhook.NewColdStart(parts.decidable, parts.awaitsConversion, log.WithName("readiness"))
	readiness.Add("view", coldStart.View)
	readiness.Add("certificate", parts.certificate.Healthy)
	canary := webhook.NewCanary(server)
	readiness.Add("canary", coldStart.Canary(canary))
	readiness.Add("drain", func() error {
		select {
		case <-server.Draining():
			return fmt.Errorf("the server is stopping")
		default:
			return nil
		}
	})

	background, stopBackground := context.WithCancel(context.WithoutCancel(ctx))
	defer stopBackground()
	group, background := errgroup.WithContext(background)
	group.Go(func() error { return parts.view.Run(background) })
	group.Go(func() error { return parts.certificate.Run(background) })
	group.Go(func() error { return canary.Run(background) })
	group.Go(func() error { return coldStart.Run(background) })
	group.Go(func() error {
		parts.record(background)
		return nil
	})
	group.Go(func() error {
		parts.narrow(background)
		return nil
	})
	group.Go(func() error {
		parts.runAuditor(background, readiness.Err, log.WithName("audit"))
		return nil
	})
	group.Go(func() error { return servePlain(background, ports.health, webhook.HealthHandler(readiness)) })
	group.Go(func() error {
		return servePlain(background, ports.metrics, promhttp.HandlerFor(registry, promhttp.HandlerOpts{
			Registry: registry, EnableOpenMetrics: true, // the only format that carries exemplars
		}))
	})
	group.Go(func() error { return servePlain(background, ports.pprof, pprofHandler()) })
	group.Go(func() error {
		// When something that decisions need has failed for good, there is nothing to drain for.
		defer context.AfterFunc(background, func() { _ = ports.webhooks.Close() })()
		err := server.Start(ctx)
		stopBackground()
		return err
	})
	return group.Wait()
}

// listeners are the open ports; all but webhooks may be nil.
type listeners struct{ webhooks, health, metrics, pprof net.Listener }

// openListeners opens the ports of the options and logs where they are.
func openListeners(options *serveOptions, log logr.Logger) (*listeners, error) {
	ports := &listeners{}
	for _, port := range []struct {
		name, flag, address string
		listener            *net.Listener
	}{
		{"webhooks", "--listen-address", options.listenAddress, &ports.webhooks},
		{"health", "--health-address", options.healthAddress, &ports.health},
		{"metrics", "--metrics-address", options.metricsAddress, &ports.metrics},
		{"pprof", "--pprof-address", options.pprofAddress, &ports.pprof},
	} {
		if port.address == "" {
			continue
		}
		listener, err := net.Listen("tcp", port.address)
		if err != nil {
			ports.close()
			return nil, fmt.Errorf("%s: cannot listen on %q: %w", port.flag, port.address, err)
		}
		*port.listener = listener
		log.Info("listening", "listener", port.name, "address", listener.Addr().String())
	}
	return ports, nil
}

func (l *listeners) close() {
	for _, listener := range []net.Listener{l.webhooks, l.health, l.metrics, l.pprof} {
		if listener != nil {
			_ = listener.Close() // most are closed by their server already
		}
	}
}

// servePlain serves HTTP without TLS until ctx ends. A nil listener serves nothing.
func servePlain(ctx context.Context, listener net.Listener, handler http.Handler) error {
	if listener == nil {
		return nil
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.Serve(listener); ctx.Err() == nil {
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	}
	return nil
}

func pprofHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
