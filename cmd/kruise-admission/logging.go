package main

import (
	"fmt"
	"io"

	"github.com/go-logr/logr"
	"github.com/go-logr/zapr"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// newLogger makes the structured logger of the process.
func newLogger(level, format string, out io.Writer) (logr.Logger, error) {
	zapLevel, err := zapcore.ParseLevel(level)
	if err != nil || zapLevel > zapcore.ErrorLevel {
		return logr.Logger{}, fmt.Errorf("--log-level: unsupported value %q, expected debug, info, warn or error", level)
	}
	config := zap.NewProductionEncoderConfig()
	config.TimeKey = "time"
	config.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	config.EncodeDuration = zapcore.StringDurationEncoder
	var encoder zapcore.Encoder
	switch format {
	case "json":
		encoder = zapcore.NewJSONEncoder(config)
	case "text":
		encoder = zapcore.NewConsoleEncoder(config)
	default:
		return logr.Logger{}, fmt.Errorf("--log-format: unsupported value %q, expected json or text", format)
	}
	core := zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(out)), zapLevel)
	return zapr.NewLogger(zap.New(core)), nil
}
