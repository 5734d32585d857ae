package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Pictures of evaluations, as PNG. */
final class Charts {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 600;
    private static final int MARKER = 6;
    /** Labels stand close at the end of a decade. */
    private static final int SMALL = 9;

    private Charts() {}

    static XYChart chart(String title, String x, String y) {
        System.setProperty("java.awt.headless", "true");
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .theme(Styler.ChartTheme.XChart)
                .build();
        plain(chart);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE);
        chart.getStyler().setMarkerSize(MARKER);
        chart.getStyler().setxAxisTickLabelsFormattingFunction(Charts::tick);
        chart.getStyler().setyAxisTickLabelsFormattingFunction(Charts::tick);
        return chart;
    }

    private static void plain(Chart<?, ?> chart) {
        chart.getStyler().setChartBackgroundColor(Color.WHITE);
        chart.getStyler().setChartTitleVisible(true);
    }

    /** Four digits at most. */
    private static String tick(double value) {
        double size = Math.abs(value);
        return size > 0 && (size < 1e-3 || size >= 1e5)
                ? String.format(Locale.ROOT, "%.2g", value)
                : new BigDecimal(value)
                        .round(new MathContext(4))
                        .stripTrailingZeros()
                        .toPlainString();
    }

    static void points(XYChart chart, String name, double[] x, double[] y) {
        chart.addSeries(name, x, y)
                .setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter)
                .setMarker(SeriesMarkers.CIRCLE);
    }

    static void line(XYChart chart, String name, double[] x, double[] y) {
        chart.addSeries(name, x, y).setMarker(SeriesMarkers.CIRCLE);
    }

    /** The line on which an estimate equals what was measured. @param measured at least one. Not modified. */
    static void diagonal(XYChart chart, double[] measured) {
        double[] ends = {
            Arrays.stream(measured).min().orElseThrow(),
            Arrays.stream(measured).max().orElseThrow()
        };
        chart.addSeries("equal", ends, ends)
                .setMarker(SeriesMarkers.NONE)
                .setLineColor(Color.LIGHT_GRAY)
                .setLineWidth(2);
    }

    /** Both axes by powers, with labels between them. */
    static void logarithmic(XYChart chart) {
        // With a function for its labels XChart puts them where they would be on a linear axis.
        chart.getStyler().setxAxisTickLabelsFormattingFunction(null);
        chart.getStyler().setyAxisTickLabelsFormattingFunction(null);
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        chart.getStyler().setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, SMALL));
        chart.getStyler().setXAxisLogarithmicDecadeOnly(false).setYAxisLogarithmicDecadeOnly(false);
    }

    /**
     * Bars side by side for each name, written at once.
     *
     * @param series as many values as names, from 0 to 1
     */
    static void bars(
            Path folderOrNull, String name, String title, List<String> names, Map<String, List<Double>> series) {
        System.setProperty("java.awt.headless", "true");
        CategoryChart chart = new CategoryChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .theme(Styler.ChartTheme.XChart)
                .build();
        plain(chart);
        chart.getStyler().setLabelsVisible(true);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
        chart.getStyler().setLegendLayout(Styler.LegendLayout.Horizontal);
        chart.getStyler().setXAxisLabelRotation(30);
        chart.getStyler().setYAxisMin(0.0).setYAxisMax(1.0);
        series.forEach((what, values) -> chart.addSeries(
                what, names, values.stream().map(Charts::threeDecimals).toList()));
        write(chart, folderOrNull, name);
    }

    private static double threeDecimals(double value) {
        return Math.round(value * 1e3) / 1e3;
    }

    /** Some values in their order, each with its standard error, written at once. @param chosen positions */
    static void errorBars(
            Path folderOrNull, String name, String title, int[] chosen, double[] values, double[] errors) {
        XYChart chart = chart(title, "rows, the highest first", name + ", with one standard error");
        chart.getStyler().setLegendVisible(false);
        double[] ranks =
                IntStream.rangeClosed(1, chosen.length).asDoubleStream().toArray();
        chart.addSeries(
                        name,
                        ranks,
                        IntStream.of(chosen).mapToDouble(i -> values[i]).toArray(),
                        IntStream.of(chosen).mapToDouble(i -> errors[i]).toArray())
                .setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter)
                .setMarker(SeriesMarkers.CIRCLE);
        write(chart, folderOrNull, name);
    }

    /** Writes {@code DIR/name.png}; nothing if no folder is asked for. */
    static void write(Chart<?, ?> chart, Path folderOrNull, String name) {
        if (folderOrNull == null) {
            return;
        }
        Path file = folderOrNull.resolve(name + ".png");
        try {
            Files.createDirectories(folderOrNull);
            Files.write(file, BitmapEncoder.getBitmapBytes(chart, BitmapEncoder.BitmapFormat.PNG));
        } catch (IOException e) {
            throw new LetheException("file " + file + " cannot be written (" + e + ")", e);
        }
    }
}
