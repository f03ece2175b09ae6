package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Baselines are the servers to compare with, from less to more.
var Baselines = []string{"floor", "allow", "decode", "patch"}

// ServeBaseline serves one of the Baselines on a free port of loopback, and on another one its metrics and profiles without TLS, as our server
// does. It writes both addresses to out, a line each.
func ServeBaseline(name string, out io.Writer) error {
	handler, err := baseline(name)
	if err != nil {
		return err
	}
	certificate, err := selfSigned()
	if err != nil {
		return err
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}, Certificates: []tls.Certificate{certificate},
	})
	if err != nil {
		return err
	}
	inside, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { _ = http.Serve(inside, insideHandler()) }()
	if _, err := fmt.Fprintf(out, "%s\n%s\n", listener.Addr(), inside.Addr()); err != nil {
		return err
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	return server.Serve(listener)
}

func baseline(name string) (http.Handler, error) {
	if name == "floor" {
		return http.HandlerFunc(discard), nil
	}
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	decoder := admission.NewDecoder(scheme)
	handlers := map[string]admission.HandlerFunc{
		"allow": func(context.Context, admission.Request) admission.Response { return admission.Allowed("") },
		"decode": func(_ context.Context, request admission.Request) admission.Response {
			if err := decoder.Decode(request, &corev1.Pod{}); err != nil {
				return admission.Errored(http.StatusBadRequest, err)
			}
			return admission.Allowed("")
		},
		"patch": func(_ context.Context, request admission.Request) admission.Response {
			pod := &corev1.Pod{}
			if err := decoder.Decode(request, pod); err != nil {
				return admission.Errored(http.StatusBadRequest, err)
			}
			pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: "agent", Image: "agent:1"})
			changed, err := json.Marshal(pod)
			if err != nil {
				return admission.Errored(http.StatusInternalServerError, err)
			}
			return admission.PatchResponseFromRaw(request.Object.Raw, changed)
		},
	}
	handler, ok := handlers[name]
	if !ok {
		return nil, fmt.Errorf("unknown server %q, expected one of %v", name, Baselines)
	}
	return &admission.Webhook{Handler: handler}, nil
}

// discard answers what a webhook that allows would answer, without having looked.
func discard(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"`+reviewUID+`","allowed":true}}`)
}

// insideHandler shows what our server shows of itself, under the same paths.
func insideHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/metrics", promhttp.Handler())
	mux.HandleFunc(profilePath, pprof.Profile)
	return mux
}

// selfSigned makes a certificate of the kind that the server makes for itself: P-256.
func selfSigned() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
