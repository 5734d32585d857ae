package dev.lethe.streams.cli.evaluate;

import dev.lethe.streams.LetheException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Pictures of evaluations, as PNG. */
final class Charts {

    private static final int WIDTH = 900;
    private static final int HEIGHT = 600;

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
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideE).setChartTitleVisible(true);
        return chart;
    }

    static void points(XYChart chart, String name, double[] x, double[] y) {
        chart.addSeries(name, x, y)
                .setXYSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Scatter)
                .setMarker(SeriesMarkers.CIRCLE);
    }

    static void line(XYChart chart, String name, double[] x, double[] y) {
        chart.addSeries(name, x, y).setMarker(SeriesMarkers.CIRCLE);
    }

    /** Writes {@code DIR/name.png}; nothing if no folder is asked for. */
    static void write(XYChart chart, Path folderOrNull, String name) {
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
