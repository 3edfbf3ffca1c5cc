package org.elasticsearch.node;

import java.util.List;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.plugins.ClassPathPlugins;
import org.elasticsearch.plugins.Plugin;
import org.elasticsearch.plugins.PluginsService;

/** A node whose plugins come from the class path. */
public final class SingleNode extends Node {
    public SingleNode(Environment environment, List<Plugin> plugins) {
        super(NodeConstruction.prepareConstruction(environment, new NodeServiceProvider() {
            @Override
            PluginsService newPluginService(Environment initial, Settings settings) {
                return new ClassPathPlugins(initial, plugins);
            }
        }, true));
    }
}
